"""Designs drawn by lot and results looked at more than once, from aggregates made by hand."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from tests.unit.test_evidence import AT, Tables, change_of_teams, checks, design, judged, landmark, linked_deals
from throughline.evidence import evaluate_all
from throughline.statistics import experiment
from throughline.statistics.row import ImpactRow

LOT = "lot:C1b_180:randomised"
SIZES = np.array([30, 40, 50, 60])


def teams(effect: float, *, drawn: int = 12, left: int = 12, seed: int = 4) -> list[dict[str, Any]]:
    """Teams with a past (x), deals since (d) and wins among them; a past explains most of what follows."""
    rng = np.random.default_rng(seed)
    lines = []
    for number in range(drawn + left):
        arm = int(number < drawn)
        x = float(rng.normal(0.25, 0.06))
        y = x + effect * arm + float(rng.normal(0, 0.02))
        lines.append({"cluster_id": f"{number:03d}", "arm": arm, "x": x, "y": y, "d": float(SIZES[number % 4])})
    return lines


def by_lot(lines: list[dict[str, Any]], *, share: float = 0.5, **more: Any) -> Tables:
    """What the warehouse would hand over of these teams."""
    moments, cells = [], []
    for arm in (1, 0):
        mine = [line for line in lines if line["arm"] == arm]
        x, mean, d = (np.array([line[name] for line in mine]) for name in ("x", "y", "d"))
        for metric, y, size in (("team_mean", mean, np.ones(len(mine))), ("deal_ratio", mean * d, d)):
            sums = {"sum_x": x.sum(), "sum_xx": x @ x, "sum_y": y.sum(), "sum_yy": y @ y, "sum_xy": x @ y}
            sums |= {"sum_d": size.sum(), "sum_dd": size @ size, "sum_yd": y @ size}
            moments.append(
                {"design_id": LOT, "metric": metric, "stratum": "", "arm": arm, "look_no": 1, "n": len(mine)}
                | {"planned_share": share if arm else 1 - share}
                | sums
            )
    for line in lines:
        for period, mean in ((0, line["x"]), (1, line["y"])):
            cells.append(
                {"design_id": LOT, "cluster_id": line["cluster_id"], "arm": line["arm"], "period": period, "n": 40}
                | {"sum_y": 40 * (mean - 1), "sum_y2": 0.0, "shift": 1.0}
            )
    return {
        "marts.agg_arm_moments": moments,
        "marts.agg_cluster_cell": cells,
        "marts.agg_design_checks": [checks(LOT, **more)],
    }


def drawn(**changes: Any) -> dict[str, Any]:
    return design(LOT, unit_of_analysis="team", **changes)


def test_what_the_lot_began_is_caused() -> None:
    lines = teams(0.12)
    row = judged(drawn(), by_lot(lines))
    x, arm, y = (np.array([line[name] for line in lines]) for name in ("x", "arm", "y"))
    fit = sm.OLS(y, sm.add_constant(np.column_stack([arm, x]))).fit()
    assert (row.estimate, row.se, row.p_value) == pytest.approx((fit.params[1], fit.bse[1], fit.pvalues[1]), rel=1e-6)
    assert (row.claim_level, row.verdict, row.refusal_codes) == ("caused", "supported", ())
    assert row.sentence.startswith("Drawn by lot, the programme caused a difference: it increased C1b_180")
    assert (row.n_clusters_t, row.n_clusters_c, row.df) == (12, 12, 21)
    assert row.srm_p == 1.0 and row.p_permutation is not None and row.p_permutation < 0.001
    assert row.baseline_mean == pytest.approx(y[arm == 0].mean())
    assert json.loads(row.assumptions_json)["selection"]["answer"] == "the lot decides; sample ratio checked"


def test_the_average_deal_is_a_ratio_with_the_team_as_unit() -> None:
    lines = teams(0.12)
    row = judged(drawn() | {"unit_of_analysis": "deal"}, by_lot(lines))
    rates = [
        sum(line["y"] * line["d"] for line in lines if line["arm"] == arm)
        / sum(line["d"] for line in lines if line["arm"] == arm)
        for arm in (1, 0)
    ]
    assert row.estimate == pytest.approx(rates[0] - rates[1])
    # the past is not used, so the interval is wider than the adjusted one
    assert row.se is not None and row.se > 2 * (judged(drawn(), by_lot(lines)).se or 1)
    assert row.baseline_mean == pytest.approx(rates[1])


def test_a_lot_whose_teams_went_missing_is_refused() -> None:
    """40 of 60 drawn where half were planned: chi2 = 100/30 + 100/30 = 6.67, p = .0098; 45 of 60: 15, p = .0001."""
    assert judged(drawn(), by_lot(teams(0.12, drawn=40, left=20))).srm_p == pytest.approx(0.00982, abs=5e-6)
    row = judged(drawn(), by_lot(teams(0.12, drawn=45, left=15)))
    assert row.refusal_codes == ("SRM",) and row.estimate is None and row.srm_p is not None
    assert judged(drawn(), by_lot(teams(0.12, drawn=45, left=15), share=0.75)).claim_level == "caused"


def test_a_lot_without_difference_says_no_effect_larger_than() -> None:
    row = judged(drawn(min_effect_of_interest=0.05), by_lot(teams(0.0)))
    assert row.verdict == "null_supported"
    assert row.sentence.startswith("No effect on C1b_180 larger than 5.0 percentage points")


def test_few_drawn_teams_need_the_permutation_to_agree() -> None:
    assert "FEW_CLUSTERS" in judged(drawn(), by_lot(teams(0.12, drawn=4))).refusal_codes
    assert judged(drawn(), by_lot(teams(0.12, drawn=5))).claim_level == "caused"


@pytest.mark.parametrize("missing", [0, 1])
def test_an_arm_that_is_not_there_gives_a_row_without_number(missing: int) -> None:
    tables = by_lot(teams(0.12))
    tables["marts.agg_arm_moments"] = [line for line in tables["marts.agg_arm_moments"] if line["arm"] != missing]
    row = judged(drawn(), tables)
    assert row.verdict == "refused" and {"NO_ESTIMATE", "FEW_CLUSTERS"} <= set(row.refusal_codes)


def test_strata_and_shards_of_the_moments_add_up() -> None:
    lines = teams(0.12)
    halves = [by_lot(lines[place::2])["marts.agg_arm_moments"] for place in (0, 1)]
    tables = by_lot(lines) | {"marts.agg_arm_moments": halves[0] + halves[1]}
    whole, sharded = judged(drawn(), by_lot(lines)), judged(drawn(), tables)
    assert (sharded.estimate, sharded.se) == pytest.approx((whole.estimate, whole.se), rel=1e-7)


# -- looks -------------------------------------------------------------------------------------------------------

DAYS = {"start_date": date(2026, 1, 1), "window_start_date": date(2025, 1, 1), "main_look_date": date(2027, 1, 1)}


def looked(facts: dict[str, Any], tables: Tables, *days: date) -> ImpactRow:
    looks = {(facts["design_id"], facts["content_hash"]): set(days)}
    return evaluate_all([facts], tables, at=AT, looks=looks).rows[0]


def test_one_planned_look_has_a_plain_interval_however_often_it_is_published() -> None:
    facts = design(has_planned_looks=True, looks_planned=1, **DAYS)
    row = looked(facts, change_of_teams(looks_passed=1), date(2026, 5, 1), date(2026, 6, 1))
    assert (row.ci_kind, row.look_no, row.refusal_codes) == ("fixed", 1, ())


def test_several_planned_looks_have_an_interval_for_all_of_them() -> None:
    facts = design(has_planned_looks=True, looks_planned=4, **DAYS)
    fixed, row = judged(design(), change_of_teams()), judged(facts, change_of_teams(looks_passed=2, n_units_before=900))
    assert (row.ci_kind, row.ci_method, row.look_no, row.p_value) == ("sequential", "confidence_sequence", 2, None)
    assert "PEEKING" not in row.refusal_codes and row.estimate == fixed.estimate
    width, plain = (one.ci_high - one.ci_low for one in (row, fixed))  # type: ignore[operator]
    assert 1.3 * plain < width < 2.5 * plain and (row.mde_80 or 0) > (fixed.mde_80 or 1)
    assert "always-valid interval" in row.sentence
    assert json.loads(row.assumptions_json)["looks"]["answer"] == "the interval holds at every look"


def test_without_planned_looks_each_publish_of_newer_data_was_one() -> None:
    tables = change_of_teams(data_until_date=date(2026, 7, 1), n_units_before=900)
    facts = design(**DAYS)
    first = looked(facts, tables)
    assert (first.look_no, first.ci_kind) == (1, "fixed")
    assert looked(facts, tables, date(2026, 7, 1)).look_no == 1  # the same data again
    again = looked(facts, tables, date(2026, 6, 1), date(2026, 6, 8), date(2026, 7, 1), date(2026, 7, 8))
    assert (again.look_no, again.ci_kind, again.refusal_codes) == (3, "sequential", ())
    other = looked(facts | {"content_hash": "amended"}, tables)  # another version starts counting anew
    assert other.look_no == 1


def test_peeking_with_too_few_units_for_an_always_valid_interval_is_refused() -> None:
    facts = design(**DAYS)
    enough = looked(facts, change_of_teams(n_units_t=100), date(2026, 6, 1))
    few = looked(facts, change_of_teams(n_units_t=99), date(2026, 6, 1))
    assert "PEEKING" not in enough.refusal_codes and "PEEKING" in few.refusal_codes
    assert few.verdict == "refused" and few.estimate is None
    assert "without an interval made for that" in few.sentence


def test_before_the_first_planned_look_nothing_is_said() -> None:
    facts = design(has_planned_looks=True, looks_planned=1, **DAYS)
    early = {"marts.agg_design_checks": [checks(facts["design_id"], looks_passed=0, window_end_date=date(2026, 9, 30))]}
    row = judged(facts, early)
    assert row.verdict == "refused" and "STALE" in row.refusal_codes


@pytest.mark.parametrize("method", ["landmark", "randomised", "staggered_did"])
def test_every_method_has_its_always_valid_interval(method: str) -> None:
    several = {"has_planned_looks": True, "looks_planned": 3, **DAYS}
    if method == "landmark":
        row = judged(landmark(**several), linked_deals(looks_passed=1, n_units_before=900))
    elif method == "randomised":
        row = judged(drawn(**several), by_lot(teams(0.12), looks_passed=1, n_units_before=900))
    else:
        name = "handover:C1b_180:staggered_did"
        row = judged(design(name, **several), change_of_teams(name, looks_passed=1, n_units_before=900))
    assert row.ci_kind == "sequential" and row.ci_low is not None and row.p_value is None


# -- balance -----------------------------------------------------------------------------------------------------


def test_balance_is_the_largest_standardised_difference() -> None:
    """1, 2, 3 against 3, 4, 5: variances 1, so 2/1; the other covariate differs by nothing."""
    name = design()["design_id"]
    lines = [
        {"design_id": name, "covariate": "baseline_n", "arm": 1, "n": 3, "sum_x": 6.0, "sum_xx": 14.0},
        {"design_id": name, "covariate": "baseline_n", "arm": 0, "n": 3, "sum_x": 12.0, "sum_xx": 50.0},
        {"design_id": name, "covariate": "log_amount", "arm": 1, "n": 3, "sum_x": 6.0, "sum_xx": 14.0},
        {"design_id": name, "covariate": "log_amount", "arm": 0, "n": 3, "sum_x": 6.0, "sum_xx": 14.0},
        {"design_id": name, "covariate": "baseline_mean", "arm": 1, "n": 1, "sum_x": 6.0, "sum_xx": 36.0},
    ]
    assert judged(design(), change_of_teams() | {"marts.agg_design_balance": lines}).max_smd == pytest.approx(2.0)
    assert judged(design(), change_of_teams()).max_smd is None


def test_moments_of_shares_do_not_need_the_rows() -> None:
    """ANCOVA of the sums equals that of the rows to 1e-10 (the ten digits kept of a sum are enough for the rest)."""
    lines = teams(0.1)
    arms = {}
    for line in by_lot(lines)["marts.agg_arm_moments"]:
        if line["metric"] == "team_mean":
            names = ("n", "sum_y", "sum_yy", "sum_x", "sum_xx", "sum_xy")
            arms[line["arm"]] = experiment.Arm(*(float(line[name]) for name in names))
    x, arm, y = (np.array([line[name] for line in lines]) for name in ("x", "arm", "y"))
    fit = sm.OLS(y, sm.add_constant(np.column_stack([arm, x]))).fit()
    assert experiment.ancova(arms[1], arms[0]).estimate == pytest.approx(fit.params[1], rel=1e-10)
