"""The leader ledger on generated audiences: what is planted is found, what is not is not claimed, nothing is proven."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from throughline.evidence import Evidence, evaluate_all
from throughline.statistics.row import ImpactRow

AT = datetime(2026, 7, 6, 8, tzinfo=UTC)
DESIGN = "_org:A5:staggered_did-first_post"
PERIODS, PEOPLE = 12, 60
STARTS = [0] * 20 + [5] * 12 + [7] * 12 + [9] * 12  # 0: a leader who never posts


def panel(effect: float, seed: int, *, keen: float = 0.0) -> list[tuple[int, int, int, float]]:
    """(audience, period, cohort, share of those left who adopt); keen: more of it below leaders who will act."""
    rng, rows = np.random.default_rng(seed), []
    for audience, start in enumerate(STARTS):
        left, usual = PEOPLE, rng.uniform(0.03, 0.07) + (keen if start else 0)
        for t in range(1, PERIODS + 1):
            season = 0.02 if t % 4 == 0 else 0.0  # the same for all
            new = rng.binomial(left, usual + season + (effect if start and t >= start else 0))
            rows.append((audience, t, start, new / left))
            left -= new
    return rows


def moments(rows: list[tuple[int, int, int, float]]) -> list[dict[str, Any]]:
    """Rows of agg_cohort_moments of these, all of them balanced."""
    series: dict[tuple[int, int], list[float]] = defaultdict(list)
    for audience, _, cohort, y in rows:
        series[cohort, audience].append(y)
    found = []
    for cohort in {cohort for cohort, _ in series}:
        values = np.array([ys for (c, _), ys in series.items() if c == cohort])
        for t in range(PERIODS):
            for s in range(t, PERIODS):
                found.append(
                    {
                        "design_id": DESIGN,
                        "cohort": cohort,
                        "t": t + 1,
                        "s": s + 1,
                        "n_units": len(values),
                        "shift": 0.0,
                    }
                    | {"sum_y_t": values[:, t].sum(), "sum_y_s": values[:, s].sum()}
                    | {"sum_y_t_y_s": (values[:, t] * values[:, s]).sum()}
                )
    return found


def weighed(rows: list[tuple[int, int, int, float]], **design: Any) -> Evidence:
    registry = {
        "design_id": DESIGN, "purpose_id": "_org", "outcome": "A5", "outcome_kind": "hazard", "method": "staggered_did",
        "outcome_label": "the share of those left in an audience who adopt within 4 weeks", "unit_of_measure": "share",
        "contrast": "audiences whose leader had posted minus other audiences", "is_main": False, "is_primary": False,
        "control_group": "audiences whose leader never did", "declared_direction": 1, "is_registered": False,
        "min_effect_of_interest": None, "anticipation_periods": 0, "problem_codes": "", "content_hash": "",
    }  # fmt: skip
    people = {1: PEOPLE * sum(start > 0 for start in STARTS), 0: PEOPLE * STARTS.count(0)}
    checks = {
        "design_id": DESIGN, "n_units_t": people[1], "n_units_c": people[0], "n_people_t": people[1],
        "n_people_c": people[0], "n_units_total": sum(people.values()), "n_units_dropped": 0, "n_teams": len(STARTS),
        "dropped_share_treated": 0.0, "dropped_share_control": 0.0, "n_teams_dropped_unbalanced": 0,
        "window_start_date": date(2026, 1, 5), "window_end_date": date(2026, 6, 1), "data_until_date": date(2026, 6, 1),
    }  # fmt: skip
    tables = {"marts.agg_cohort_moments": moments(rows), "marts.agg_ledger_checks": [checks]}
    return evaluate_all([registry | design], tables, at=AT)


def result(rows: list[tuple[int, int, int, float]], **design: Any) -> ImpactRow:
    (row,) = weighed(rows, **design).rows
    return row


@pytest.fixture(scope="module")
def moved() -> list[tuple[int, int, int, float]]:
    return panel(0.06, seed=1)


def test_what_is_planted_is_found_and_described_for_nobody_registered_it(moved: Any) -> None:
    row = result(moved)
    assert row.estimate is not None and row.ci_low is not None and row.ci_high is not None
    assert 0 < row.ci_low < 0.06 < row.ci_high and abs(row.estimate - 0.06) < 0.015
    assert (row.claim_level, row.verdict) == ("descriptive", "inconclusive")
    assert "NOT_REGISTERED" in row.refusal_codes and "MIN_COHORT" not in row.refusal_codes
    assert row.control_group == "audiences whose leader never did"
    assert "in audiences whose leader had posted than in other audiences" in row.sentence
    assert "effect" not in row.sentence and "caused" not in row.sentence


def test_the_same_numbers_of_a_registered_design_are_supported(moved: Any) -> None:
    """So it is the missing registration that caps it, not a weakness of the comparison."""
    row = result(moved, is_registered=True, min_effect_of_interest=0.05)
    assert (row.claim_level, row.verdict) == ("consistent_with_effect", "supported"), row.refusal_codes


def test_the_event_study_is_flat_before_the_act_and_high_after_it(moved: Any) -> None:
    events = {line["event_time"]: line for line in weighed(moved).event_study}
    assert min(events) <= -4 and max(events) >= 5
    assert all(events[e]["ci_sim_low"] < 0 < events[e]["ci_sim_high"] for e in events if e < 0)
    assert np.mean([events[e]["estimate"] for e in range(6)]) == pytest.approx(0.06, abs=0.02)


def test_without_an_effect_nothing_is_claimed_even_where_keen_audiences_have_acting_leaders() -> None:
    """Adoption is twice as fast below leaders who will act, before they do: comparing levels would find 5 points."""
    rows = [panel(0.0, seed, keen=0.05) for seed in range(2, 42)]
    later = [
        [y for _, t, start, y in one if t >= 9 and bool(start) is acted] for one in rows for acted in (True, False)
    ]
    naive = np.mean(
        [np.mean(treated) - np.mean(others) for treated, others in zip(later[::2], later[1::2], strict=True)]
    )
    assert naive > 0.04
    found = [result(one) for one in rows]
    assert {row.verdict for row in found} <= {"inconclusive", "refused"}
    assert np.mean([row.estimate for row in found if row.estimate is not None]) == pytest.approx(0, abs=0.006)
    wrong = [row for row in found if row.ci_low is not None and (row.ci_low > 0 or (row.ci_high or 0) < 0)]
    assert len(wrong) <= 6  # 5 % of 40 are 2; 7 or more come in one of 300 such runs


def test_too_few_people_in_an_arm_are_refused(moved: Any) -> None:
    few = [row for row in moved if row[2] or row[0] < 4]  # four audiences whose leader never acts
    row = result(few)
    assert (row.verdict, row.estimate) == ("refused", None)
    assert "FEW_CLUSTERS" in row.refusal_codes
