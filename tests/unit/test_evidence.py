"""Evidence from small aggregates made by hand: estimates, refusals, families of tests, and what a rerun may change."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from itertools import combinations_with_replacement
from typing import Any

import pytest

from throughline import evidence
from throughline.evidence import Evidence, evaluate_all
from throughline.statistics.row import ImpactRow, Thresholds
from throughline.statistics.threats import THREATS

AT = datetime(2026, 7, 6, 8, tzinfo=UTC)
Tables = dict[str, list[dict[str, Any]]]


def design(design_id: str = "handover:C1b_180:did", **changes: Any) -> dict[str, Any]:
    purpose_id, outcome, method = design_id.split(":")
    facts = {
        "design_id": design_id, "purpose_id": purpose_id, "outcome": outcome, "method": method.partition("-")[0],
        "outcome_kind": "won", "horizon_days": 180, "unit_of_measure": "share", "estimand": "",
        "control_group": "others", "landmark_days": None, "declared_direction": 1, "min_effect_of_interest": 0.1,
        "is_primary": True, "is_main": True, "anticipation_periods": 0, "is_registered": True, "problem_codes": "",
        "fixed_at": datetime(2026, 1, 1, tzinfo=UTC), "first_outcome_date": date(2026, 3, 1), "content_hash": "h",
    }  # fmt: skip
    return facts | changes


def checks(design_id: str, **changes: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "design_id": design_id, "n_units_total": 900, "n_units_dropped": 0, "dropped_share_treated": 0.0,
        "dropped_share_control": 0.0, "n_exposure_after_landmark": 0, "n_exposure_after_outcome": 0, "n_units_t": 400,
        "n_units_c": 400, "n_people_t": 40, "n_people_c": 40, "n_events_t": 130, "n_events_c": 100,
        "window_start_date": date(2026, 1, 1), "window_end_date": date(2026, 6, 1), "data_until_date": date(2026, 7, 1),
    }  # fmt: skip
    return facts | changes


def change_of_teams(
    design_id: str = "handover:C1b_180:did", *, teams: int = 10, effect: float = 0.2, **more: Any
) -> Tables:
    """Teams of 40 deals a period; the treated ones change by `effect` at t = 5 of 6."""
    cells, panel = [], []
    for arm in (1, 0):
        for number in range(teams if arm else 10):
            # the same wobble in both arms, without a pattern over time
            wobble = [0.01 * ((7 * number + 5 * t + number * t * t) % 11 - 5) for t in range(1, 7)]
            levels = [0.25 + w + (effect if arm and t >= 5 else 0) for t, w in enumerate(wobble, 1)]
            panel.append((5 if arm else 0, levels))
            for period, mean in ((0, sum(levels[:4]) / 4), (1, sum(levels[4:]) / 2)):
                cells.append(
                    {"design_id": design_id, "cluster_id": f"{arm}-{number}", "arm": arm, "period": period}
                    | {"n": 40, "sum_y": 40 * mean, "sum_y2": 40 * mean, "shift": 0.0}
                )
    moments = [
        {"design_id": design_id, "cohort": cohort, "t": t, "s": s, "n_units": len(rows), "shift": 0.0}
        | {"sum_y_t": sum(r[t - 1] for r in rows), "sum_y_s": sum(r[s - 1] for r in rows)}
        | {"sum_y_t_y_s": sum(r[t - 1] * r[s - 1] for r in rows)}
        for cohort in (0, 5)
        for rows in [[levels for start, levels in panel if start == cohort]]
        for t, s in combinations_with_replacement(range(1, 7), 2)
    ]
    naive = [
        {"design_id": design_id, "is_linked": True, "n": 200, "sum_y": 100.0, "sum_y2": 100.0},
        {"design_id": design_id, "is_linked": False, "n": 200, "sum_y": 40.0, "sum_y2": 40.0},
    ]
    return {
        "marts.agg_cluster_cell": cells,
        "marts.agg_cohort_moments": moments,
        "marts.agg_design_naive": naive,
        "marts.agg_design_checks": [checks(design_id, **more)],
    }


def linked_deals(strata: dict[str, Any] | None = None, *, owners: int = 20, **more: Any) -> Tables:
    """Two strata of a landmark design; strata: name -> (linked, of them won, not linked, of them won)."""
    design_id = "floor:C1b_180:landmark-14"
    used = strata or {"small": (200, 60, 200, 58), "large": (200, 50, 200, 52)}
    rows = [
        {"design_id": design_id, "stratum": name, "exposed": exposed, "n": n, "n_event": won, "n_owners": owners}
        for name, (n1, a, n0, b) in used.items()
        for exposed, n, won in ((1, n1, a), (0, n0, b))
    ]
    return {"marts.agg_strata_2x2": rows, "marts.agg_design_checks": [checks(design_id, **more)]}


def judged(facts: dict[str, Any], tables: Tables) -> ImpactRow:
    return next(row for row in evaluate_all([facts], tables, at=AT).rows if not row.stratum)


def landmark(**changes: Any) -> dict[str, Any]:
    return design("floor:C1b_180:landmark-14", landmark_days=14, **changes)


def test_a_clear_change_of_the_treated_teams_is_supported() -> None:
    row = judged(design(), change_of_teams())
    assert row.estimate == pytest.approx(0.2, abs=1e-9)  # the wobble is the same in both arms
    assert (row.verdict, row.claim_level, row.refusal_codes) == ("supported", "consistent_with_effect", ())
    assert (row.n_clusters_t, row.n_clusters_c, row.n_units_t) == (10, 10, 400)
    assert row.naive_estimate == pytest.approx(100 / 200 - 40 / 200)
    assert row.p_permutation is not None and row.pretrend_p is not None and row.mde_80 is not None


def test_before_and_after_without_a_control_group_is_no_evidence() -> None:
    """One group that changes, as an interrupted time series shows it: nothing to compare it with, whatever its size."""
    tables = change_of_teams(n_units_c=0, n_people_c=0)
    tables["marts.agg_cluster_cell"] = [line for line in tables["marts.agg_cluster_cell"] if line["arm"] == 1]
    tables["marts.agg_cohort_moments"] = [line for line in tables["marts.agg_cohort_moments"] if line["cohort"]]
    for method in ("did", "staggered_did"):
        found = evaluate_all([design(method=method)], tables, at=AT)
        (row,) = found.rows
        assert (row.claim_level, row.verdict, row.estimate) == ("none", "refused", None)
        assert found.event_study == []


def test_the_event_study_starts_at_the_registered_start() -> None:
    found = evaluate_all([design()], change_of_teams(), at=AT)
    by_time = {line["event_time"]: line for line in found.event_study}
    assert sorted(by_time) == [-3, -2, -1, 0, 1]
    assert by_time[0]["estimate"] == pytest.approx(0.2, abs=1e-9)
    assert by_time[0]["n_units"] == 10


def test_a_shift_of_the_sums_changes_no_estimate() -> None:
    plain, shifted = change_of_teams(), change_of_teams()
    for line in shifted["marts.agg_cluster_cell"]:
        line |= {"shift": 1.0, "sum_y": line["sum_y"] - line["n"]}
    for line in shifted["marts.agg_cohort_moments"]:
        product = line["sum_y_t_y_s"] - line["sum_y_t"] - line["sum_y_s"] + line["n_units"]
        line |= {"shift": 1.0, "sum_y_t": line["sum_y_t"] - line["n_units"], "sum_y_t_y_s": product}
        line |= {"sum_y_s": line["sum_y_s"] - line["n_units"]}
    one, other = judged(design(), plain), judged(design(), shifted)
    for name in ("estimate", "se", "pretrend_p", "breakdown_m", "baseline_mean", "evalue_point"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-6), name


def test_landmark_without_a_difference_claims_none_and_shows_the_trap_beside_it() -> None:
    naive = change_of_teams("floor:C1b_180:landmark-14")["marts.agg_design_naive"]
    tables = linked_deals() | {"marts.agg_design_naive": naive}
    row = judged(landmark(), tables)
    # Mantel-Haenszel by hand: ((60*200 - 58*200)/400 + (50*200 - 52*200)/400) / (100 + 100) = 0
    assert row.estimate == pytest.approx(0.0, abs=1e-12)
    assert row.naive_estimate == pytest.approx(0.3)
    assert row.verdict == "null_supported" and row.claim_level == "associated"


def test_owners_whose_deals_resemble_each_other_widen_the_interval() -> None:
    # before the start 10 owners of 10 deals: 5 always won, 5 never, so the intraclass correlation is 1
    alike = {"owners_count": 10, "owners_n": 100.0, "owners_n2": 1000.0, "owners_sum_y": 50.0, "owners_between": 50.0}
    wide = judged(landmark(), linked_deals(**alike, owners_sum_y2=50.0))
    plain = judged(landmark(), linked_deals())
    assert wide.se == pytest.approx(plain.se * (1 + (800 / 40 - 1) * 1.0) ** 0.5)  # 800 deals of 40 owners


def test_strata_that_differ_are_shown_one_by_one() -> None:
    tables = linked_deals(strata={"small": (200, 120, 200, 40), "large": (200, 40, 200, 120)})
    rows = {row.stratum: row for row in evaluate_all([landmark()], tables, at=AT).rows}
    assert sorted(rows) == ["", "large", "small"]
    assert "HETEROGENEITY" in rows[""].refusal_codes
    assert rows["small"].estimate == pytest.approx(0.4) and rows["large"].estimate == pytest.approx(-0.4)


def test_days_to_a_decision_are_compared_by_their_mean_within_the_horizon() -> None:
    days = [
        {"design_id": "floor:C2:landmark-14", "arm": arm, "t_days": float(t), "n_won": 5, "n_lost": 5, "n_censored": 0}
        for arm, lengths in ((1, range(10, 30)), (0, range(20, 40)))
        for t in lengths
    ]
    tables = {"marts.agg_design_survival": days, "marts.agg_design_checks": [checks("floor:C2:landmark-14")]}
    facts = design(
        "floor:C2:landmark-14", outcome_kind="days", unit_of_measure="days", landmark_days=14, declared_direction=-1
    )
    row = judged(facts, tables)
    # ten decisions on each of days 10 to 29, and 20 to 39; both followed to day 29: means 19.5 and (9*24 + 11*29)/20
    assert row.estimate == pytest.approx(19.5 - (sum(range(20, 29)) + 11 * 29) / 20)
    assert (row.n_units_t, row.n_events_t, row.unit) == (200, 200, "days")


def test_a_stratum_of_few_owners_shows_nothing() -> None:
    tables = linked_deals(strata={"small": (200, 120, 200, 40), "large": (200, 40, 200, 120)}, owners=9)
    rows = {row.stratum: row for row in evaluate_all([landmark()], tables, at=AT).rows}
    assert rows["small"].refusal_codes[0] == "MIN_COHORT" and rows["small"].estimate is None
    assert rows[""].estimate is not None


BAD = [
    ("unknown method", design("p:C1b_180:horoscope", problem_codes="UNKNOWN_DESIGN"), {}, "UNKNOWN_DESIGN"),
    ("unknown metric", design("p:Z9:did", outcome_kind=None, problem_codes="UNKNOWN_METRIC"), {}, "UNKNOWN_METRIC"),
    ("no teams", design(problem_codes="INCOMPLETE"), {}, "INCOMPLETE"),
    ("no data at all", design(), {}, "NO_ESTIMATE"),
    ("no deals", landmark(), linked_deals(strata={"small": (0, 0, 0, 0)}, n_units_t=0), "NO_ESTIMATE"),
    ("one treated team", design(), change_of_teams(teams=1), "FEW_CLUSTERS"),
    ("four treated teams", design(), change_of_teams(teams=4), "FEW_CLUSTERS"),
    ("linked after the outcome", landmark(), linked_deals(n_exposure_after_outcome=1), "EXPOSURE_AFTER_OUTCOME"),
    ("linked after the landmark", landmark(), linked_deals(n_exposure_after_landmark=3), "EXPOSURE_AFTER_LANDMARK"),
    ("nine owners", landmark(), linked_deals(n_people_c=9), "MIN_COHORT"),
    ("few wins", landmark(), linked_deals(n_events_t=4), "FEW_EVENTS"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "tables", "code"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_input_is_a_row_with_its_code_and_no_number(facts: dict[str, Any], tables: Tables, code: str) -> None:
    found = evaluate_all([facts], tables, at=AT)
    row = found.rows[0]
    assert code in row.refusal_codes
    assert (row.verdict, row.claim_level) == ("refused", "none")
    assert row.estimate is None and row.ci_low is None and row.naive_estimate is None and row.p_value is None
    assert row.sentence.startswith(f"No statement about {facts['outcome']}: ")
    assert found.event_study == []


def test_two_periods_before_the_start_cap_the_claim() -> None:
    tables = change_of_teams()
    tables["marts.agg_cohort_moments"] = [
        line | {"t": line["t"] - 2, "s": line["s"] - 2, "cohort": 3 if line["cohort"] else 0}
        for line in tables["marts.agg_cohort_moments"]
        if line["t"] > 2
    ]
    row = judged(design(), tables)
    assert "NO_PRE_PERIODS" in row.refusal_codes
    assert (row.claim_level, row.verdict) == ("associated", "association_only")


def test_a_purpose_amended_after_its_outcomes_is_described_only() -> None:
    row = judged(design(is_registered=False), change_of_teams())
    assert row.refusal_codes == ("NOT_REGISTERED",)
    assert (row.claim_level, row.verdict) == ("descriptive", "inconclusive")
    assert "effect" not in row.sentence


def test_a_higher_k_refuses_what_a_lower_one_allowed() -> None:
    rows = evaluate_all([design()], change_of_teams(), at=AT, limits=Thresholds(min_people=41)).rows
    assert rows[0].refusal_codes == ("MIN_COHORT",)


def test_families_are_the_primary_outcomes_of_a_purpose_and_of_all() -> None:
    ids = ["a:C1b_180:did", "a:C1b_90:did", "a:C1b_365:did", "b:C1b_180:did"]
    effects = [0.2, 0.004, 0.2, 0.006]
    tables: Tables = {}
    for design_id, effect in zip(ids, effects, strict=True):
        for table, lines in change_of_teams(design_id, effect=effect).items():
            tables.setdefault(table, []).extend(lines)
    facts = [design(design_id, is_primary=design_id != "a:C1b_365:did") for design_id in ids]
    rows = {row.design_id: row for row in evaluate_all(facts, tables, at=AT).rows}
    p = {name: rows[name].p_value or 0.0 for name in ids}
    assert rows[ids[1]].q_bh == pytest.approx(p[ids[1]])  # the larger of two
    assert rows[ids[0]].q_bh == pytest.approx(2 * p[ids[0]])
    assert rows[ids[0]].q_bh_portfolio == pytest.approx(3 * p[ids[0]])
    assert rows[ids[2]].q_bh is None and rows[ids[2]].q_bh_portfolio is None
    assert rows[ids[3]].q_bh == pytest.approx(p[ids[3]])


def test_the_same_aggregates_in_any_order_give_the_same_rows() -> None:
    def run(tables: Tables, at: datetime = AT) -> Evidence:
        return evaluate_all([landmark(), design()], tables, at=at)

    tables = change_of_teams()
    both = {**tables, **{t: tables.get(t, []) + lines for t, lines in linked_deals().items()}}
    shuffled = {table: lines[::-1] for table, lines in both.items()}
    assert run(both) == run(shuffled)
    later = run(both, AT.replace(hour=9))
    assert [row.run_id for row in later.rows] == [row.run_id for row in run(both).rows]
    more = [line | {"n_units_t": 401} for line in both["marts.agg_design_checks"]]
    assert (
        run({**both, "marts.agg_design_checks": more}).rows[0].input_fingerprint != run(both).rows[0].input_fingerprint
    )


def test_the_last_bits_of_the_warehouse_s_sums_change_nothing() -> None:
    def noisy(line: dict[str, Any]) -> dict[str, Any]:
        return {key: math.nextafter(value, 9) if isinstance(value, float) else value for key, value in line.items()}

    tables = change_of_teams()
    summed_otherwise = {table: [noisy(line) for line in lines] for table, lines in tables.items()}
    assert summed_otherwise != tables
    assert evaluate_all([design()], summed_otherwise, at=AT) == evaluate_all([design()], tables, at=AT)


def test_sentences_name_the_outcome_in_words() -> None:
    row = judged(design(outcome_label="win rate within 180 days"), change_of_teams())
    assert row.outcome == "C1b_180"
    assert "win rate within 180 days is 20.0 percentage points higher in treated teams" in row.sentence


def test_result_rows_fit_the_table_and_hide_what_is_not_published() -> None:
    row = evidence.result_row(judged(design(), change_of_teams(teams=4)))
    assert list(evidence.RESULT.names) == [name for name in row if name in evidence.RESULT.names]
    assert "declared_direction" not in evidence.RESULT.names
    assert row["refusal_codes"].split()[0] == "FEW_CLUSTERS"


def test_every_result_states_its_threats() -> None:
    assert set(THREATS) <= set(json.loads(judged(design(), change_of_teams()).assumptions_json))
