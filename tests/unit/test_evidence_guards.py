"""Every guard rail from simulated aggregates, on both sides of its threshold, with an estimate that is significant.

The rows are made as the warehouse would hand them over; only what the guard looks at differs between the two sides.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.test_evidence import AT, Tables, change_of_teams, checks, design, judged, landmark, linked_deals
from tests.unit.test_evidence_lots import by_lot, drawn, teams
from throughline.evidence import evaluate_all
from throughline.statistics import guards, sentences
from throughline.statistics.row import Checks, ImpactRow

CLEAR = {"small": (200, 90, 200, 50), "large": (200, 80, 200, 40)}  # .2 apart in both strata
Case = Callable[[], ImpactRow]


def panel(
    *, effect: float = 0.2, before: int = 4, after: int = 2, noise: float = 0.01, drift: float = 0.0,
    jump: float = 0.0, count: int = 10, seed: int = 8, facts: dict[str, Any] | None = None, **more: Any,
) -> ImpactRow:  # fmt: skip
    """Ten teams an arm over periods; the treated drift by `drift` a period and jump by `jump` two periods before."""
    rng, name, periods = np.random.default_rng(seed), "handover:C1b_180:did", before + after
    t = np.arange(1, periods + 1)
    pattern = noise * rng.normal(size=(10, periods))
    pattern -= pattern.mean(axis=0)  # the arms differ by what is planted alone
    blocks = {}
    for arm in (1, 0):
        rise = arm * (effect * (t > before) + drift * t + jump * (t == before - 1))
        blocks[arm] = 0.25 + pattern[: count if arm else 10] * (1 if arm else -1) + rise
    moments = [
        {"design_id": name, "cohort": before + 1 if arm else 0, "t": i, "s": j, "n_units": len(y), "shift": 0.0}
        | {"sum_y_t": y[:, i - 1].sum(), "sum_y_s": y[:, j - 1].sum(), "sum_y_t_y_s": y[:, i - 1] @ y[:, j - 1]}
        for arm, y in blocks.items()
        for i, j in combinations_with_replacement(range(1, periods + 1), 2)
    ]
    cells = [
        {"design_id": name, "cluster_id": f"{arm}-{number}", "arm": arm, "period": period, "n": 40, "shift": 0.0}
        | {"sum_y": 40 * part.mean(), "sum_y2": 40 * part.mean()}
        for arm, y in blocks.items()
        for number, team in enumerate(y)
        for period, part in ((0, team[:before]), (1, team[before:]))
    ]
    tables = {"marts.agg_cohort_moments": moments, "marts.agg_cluster_cell": cells}
    tables |= {"marts.agg_design_checks": [checks(name, **more)]}
    return judged(design(**(facts or {})), tables)


def deals(strata: dict[str, Any] | None = None, **more: Any) -> ImpactRow:
    return judged(landmark(), linked_deals(strata or CLEAR, **more))


def lot(**options: Any) -> ImpactRow:
    return judged(drawn(), by_lot(teams(0.12, **options)))


def among(*effects: float) -> ImpactRow:
    """The first of several primary outcomes of one purpose, its teams noisy enough for p to be about .03."""
    ids = [f"p:C1b_180:did-{place}" for place in range(len(effects))]
    tables: Tables = {}
    for place, (name, effect) in enumerate(zip(ids, effects, strict=True)):
        for table, lines in change_of_teams(name, effect=effect).items():
            more = (
                [line | {"sum_y": line["sum_y"] + wobble(line, place)} for line in lines] if "cell" in table else lines
            )
            tables.setdefault(table, []).extend(more)
    return evaluate_all([design(name) for name in ids], tables, at=AT).rows[0]


def wobble(line: dict[str, Any], place: int) -> float:
    number, arm = int(line["cluster_id"].split("-")[1]), line["arm"]
    return 40 * 0.1 * ((3 * number + 4 * arm + 5 * place) % 10 - 4.5) / 4.5 * line["period"]


# code, a case that fires, one that does not, the highest level that it leaves
CASES: list[tuple[str, Case, Case, str]] = [
    ("MIN_COHORT", lambda: panel(n_units_t=29), lambda: panel(n_units_t=30), "none"),
    ("MIN_COHORT", lambda: deals(n_people_c=9), lambda: deals(n_people_c=10), "none"),
    ("FEW_CLUSTERS", lambda: panel(count=4), lambda: panel(count=5), "none"),
    ("FEW_EVENTS", lambda: deals(n_events_c=4), lambda: deals(n_events_c=5), "none"),
    ("FEW_EVENTS", lambda: deals(n_events_t=9, n_events_c=10), lambda: deals(n_events_t=10, n_events_c=10), "none"),
    ("EXPOSURE_AFTER_LANDMARK", lambda: deals(n_exposure_after_landmark=1), deals, "none"),
    ("EXPOSURE_AFTER_OUTCOME", lambda: deals(n_exposure_after_outcome=1), deals, "none"),
    ("NO_PRE_PERIODS", lambda: panel(before=2), lambda: panel(before=4), "associated"),
    ("PRETREND_FAIL", lambda: panel(drift=0.02), lambda: panel(drift=0.0), "descriptive"),
    # a drift of .0314 a period would have been found, over 2.5 periods .0785
    ("PRETREND_BLIND", lambda: panel(effect=0.07, noise=0.06, after=4), lambda: panel(effect=0.08, noise=0.06, after=4),
     "associated"),
    ("BREAKDOWN", lambda: panel(jump=0.3), lambda: panel(jump=0.0), "descriptive"),
    ("UNDERPOWERED", lambda: panel(facts={"min_effect_of_interest": 0.005}), panel, "associated"),
    ("UNDERPOWERED", lambda: panel(facts={"min_effect_of_interest": None}), panel, "associated"),
    ("MULTIPLICITY", lambda: among(0.07, 0.0, 0.0), lambda: among(0.07), "descriptive"),
    ("SRM", lambda: lot(drawn=45, left=15), lambda: lot(drawn=40, left=20), "none"),
    ("ATTRITION", lambda: panel(n_units_dropped=91), lambda: panel(n_units_dropped=90), "associated"),
    ("ATTRITION", lambda: panel(dropped_share_treated=0.051), lambda: panel(dropped_share_treated=0.05), "associated"),
    ("OVERLAP", lambda: deals(CLEAR | {"alone": (101, 40, 0, 0)}), lambda: deals(CLEAR | {"alone": (100, 40, 0, 0)}),
     "descriptive"),
    ("HETEROGENEITY", lambda: deals({"small": (200, 120, 200, 40), "large": (200, 70, 200, 60)}), deals,
     "associated"),
    ("SENSITIVITY", lambda: deals({"all": (3000, 960, 3000, 870)}), deals, "associated"),
    ("NOT_REGISTERED", lambda: panel(facts={"is_registered": False}), panel, "descriptive"),
    ("STALE", lambda: panel(data_until_date=date(2026, 5, 31)),
     lambda: panel(data_until_date=date(2026, 6, 1)), "none"),
]  # fmt: skip
ELSEWHERE = {
    "PEEKING": "test_evidence_lots",
    "UNKNOWN_DESIGN": "test_evidence",
    "UNKNOWN_METRIC": "test_evidence",
    "INCOMPLETE": "test_evidence",
    "NO_ESTIMATE": "test_evidence",
    "HEAVY_TAIL": "statistics/test_guards: no outcome that is an amount can be declared yet",
    "BASS_UNSTABLE": "a forecast, not a result",
}


@pytest.mark.parametrize(("code", "fires", "clears", "level"), CASES, ids=[f"{c[0]}-{n}" for n, c in enumerate(CASES)])
def test_a_guard_fires_on_one_side_and_is_silent_on_the_other(code: str, fires: Case, clears: Case, level: str) -> None:
    fired, clear = fires(), clears()
    assert code in fired.refusal_codes and code not in clear.refusal_codes
    assert guards.LEVELS.index(fired.claim_level) <= guards.LEVELS.index(level)
    assert sentences.REASONS[code] in fired.sentence
    assert guards.excludes_zero(clear) and clear.verdict in ("supported", "association_only")
    if level == "none":
        assert fired.estimate is None and fired.verdict == "refused"
    else:
        assert guards.excludes_zero(fired)  # significant, and still capped


def test_every_guard_has_its_simulated_case() -> None:
    assert {case[0] for case in CASES} | set(ELSEWHERE) == set(guards.CAPS)


# -- what may never happen, whatever the numbers are ---------------------------------------------------------------

SIZE = st.one_of(st.none(), st.floats(-2, 2, allow_nan=False))
SHARE = st.one_of(st.none(), st.floats(0, 1, allow_nan=False))
COUNT = st.integers(0, 2_000)
ROWS = st.builds(
    ImpactRow,
    run_id=st.just("r"), design_id=st.just("d"), purpose_id=st.just("p"), outcome=st.just("win rate"),
    method=st.sampled_from(["did", "staggered_did", "landmark", "randomised", "horoscope"]),
    unit=st.sampled_from(["share", "days"]), contrast=st.sampled_from(["drawn minus left", "before and after"]),
    declared_direction=st.sampled_from([1, -1]), estimate=SIZE, ci_low=SIZE, ci_high=SIZE, p_permutation=SHARE,
    q_bh=SHARE, n_units_t=COUNT, n_units_c=COUNT, n_clusters_t=st.one_of(st.none(), COUNT),
    n_clusters_c=st.one_of(st.none(), COUNT), n_events_t=st.one_of(st.none(), COUNT),
    n_events_c=st.one_of(st.none(), COUNT), look_no=st.integers(1, 3), ci_kind=st.sampled_from(["fixed", "sequential"]),
    mde_80=SIZE, min_effect_of_interest=SIZE, pretrend_p=SHARE, pretrend_mdv=SIZE, breakdown_m=SIZE,
    heterogeneity_p=SHARE, srm_p=SHARE, evalue_ci=st.one_of(st.none(), st.floats(1, 3)), overlap_share=SHARE,
    share_dropped=SHARE,
)  # fmt: skip
FACTS = st.builds(
    Checks,
    n_people_t=st.one_of(st.none(), COUNT), n_people_c=st.one_of(st.none(), COUNT),
    pre_periods_count=st.one_of(st.none(), st.integers(0, 6)), mean_post_periods=SIZE, is_planned_look=st.booleans(),
    n_exposure_after_outcome=st.integers(0, 1), is_registered=st.booleans(), do_signs_agree=st.booleans(),
    problem_codes=st.sampled_from([(), (), (), ("UNKNOWN_METRIC",)]),
)  # fmt: skip


@given(ROWS, FACTS)
def test_no_sentence_says_more_than_its_level(row: ImpactRow, facts: Checks) -> None:
    found = guards.judge(row, facts)
    level = guards.LEVELS.index(found.claim_level)
    for word in re.findall(r"[a-z]+", found.sentence.lower()):
        for stem, needed in sentences.WORD_LEVEL.items():
            if word.startswith(stem.rstrip("d")):
                of_a_lot = stem == "effect" and found.method == "randomised" and found.verdict == "null_supported"
                assert of_a_lot or level >= guards.LEVELS.index(needed), found.sentence
    assert found.verdict in guards.VERDICTS and found.sentence.endswith(".")
    assert (found.verdict == "refused") == (level == 0)
    if level == 0:
        assert all(getattr(found, name) is None for name in guards.BLANKED)
    if found.verdict in ("supported", "harm"):
        assert guards.excludes_zero(found) and level >= 3
    if found.claim_level == "caused":
        assert found.method == "randomised" and not found.refusal_codes


@given(ROWS, FACTS, st.sampled_from(sorted(guards.CAPS)))
def test_one_more_code_never_raises_the_level(row: ImpactRow, facts: Checks, code: str) -> None:
    coded = replace(row, refusal_codes=guards.refusal_codes(row, facts))
    more = replace(coded, refusal_codes=(*coded.refusal_codes, code))
    order = guards.LEVELS.index
    assert order(guards.claim_level(more)) <= order(guards.claim_level(coded))


@settings(max_examples=12)
@given(st.randoms(use_true_random=False), st.sampled_from(["did", "landmark", "randomised"]))
def test_new_names_and_another_order_change_nothing(random: Any, method: str) -> None:
    facts, tables = {
        "did": (design(), change_of_teams()),
        "landmark": (landmark(), linked_deals(CLEAR)),
        "randomised": (drawn(), by_lot(teams(0.12))),
    }[method]
    names = {line["cluster_id"] for line in tables.get("marts.agg_cluster_cell", [])}
    others = dict(zip(sorted(names), random.sample(range(10_000), len(names)), strict=True))
    shuffled: Tables = {}
    for table, lines in tables.items():
        renamed = [
            line | {"cluster_id": f"team {others[line['cluster_id']]}"} if "cluster_id" in line else line
            for line in lines
        ]
        shuffled[table] = random.sample(renamed, len(renamed))
    one, two = judged(facts, tables), judged(facts, shuffled)
    for field in fields(ImpactRow):
        if field.name not in ("input_fingerprint", "run_id"):
            value, other = getattr(one, field.name), getattr(two, field.name)
            alike = pytest.approx(value, rel=1e-12, abs=1e-14) if isinstance(value, float) else value
            assert other == alike, field.name


@settings(max_examples=12)
@given(st.floats(-3, 3).filter(lambda b: abs(b) > 0.1), st.floats(-5, 5))
def test_another_scale_scales_the_estimate_and_leaves_p_alone(b: float, a: float) -> None:
    def moved(tables: Tables) -> Tables:
        cells = [line | {"sum_y": a * line["n"] + b * line["sum_y"]} for line in tables["marts.agg_cluster_cell"]]
        moments = [
            line
            | {
                "sum_y_t": a * line["n_units"] + b * line["sum_y_t"],
                "sum_y_s": a * line["n_units"] + b * line["sum_y_s"],
                "sum_y_t_y_s": a * a * line["n_units"]
                + a * b * (line["sum_y_t"] + line["sum_y_s"])
                + b * b * line["sum_y_t_y_s"],
            }
            for line in tables["marts.agg_cohort_moments"]
        ]
        return tables | {"marts.agg_cluster_cell": cells, "marts.agg_cohort_moments": moments}

    one, two = judged(design(), change_of_teams()), judged(design(), moved(change_of_teams()))
    assert two.estimate == pytest.approx(b * (one.estimate or 0), rel=1e-6)
    assert two.se == pytest.approx(abs(b) * (one.se or 0), rel=1e-5)
    assert (two.p_permutation, two.df) == (one.p_permutation, pytest.approx(one.df, rel=1e-4))
    assert two.pretrend_p == pytest.approx(one.pretrend_p, rel=1e-3, abs=1e-6)
