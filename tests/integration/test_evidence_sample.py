"""The sample organisation's planted truth, from exports to kpi_impact: found where it is, not claimed where not."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import AT
from throughline import calibration, evidence, planning, transform
from throughline.sample import PLANTED
from throughline.settings import Settings
from throughline.warehouse import connect

pytestmark = pytest.mark.slow

WORKING, IDLE, SMALL = PLANTED["faster-handover"], PLANTED["ask-the-floor"], PLANTED["quiet-pilot"]
TEAM_CHECKS = ("placebo_start", "permutation", "aa_split")


@pytest.fixture(scope="module")
def results(sample_home: Settings) -> dict[str, dict[str, Any]]:
    rows = connect(sample_home).read("kpi.kpi_impact").to_pylist()
    return {row["design_id"]: row for row in rows if not row["stratum"]}


def main(results: dict[str, dict[str, Any]], purpose_id: str) -> dict[str, Any]:
    (row,) = [row for row in results.values() if row["purpose_id"] == purpose_id and row["is_main"]]
    return row


def test_the_planted_effect_is_found_and_lies_in_its_interval(results: dict[str, dict[str, Any]]) -> None:
    row = main(results, "faster-handover")
    assert row["ci_low"] < WORKING.effect < row["ci_high"]
    assert (row["verdict"], row["claim_level"]) == ("supported", "consistent_with_effect")
    assert row["refusal_codes"] == "" and row["is_registered"]
    assert abs(row["estimate"] - WORKING.effect) < WORKING.effect / 2


def test_the_idle_purpose_is_not_claimed_though_the_naive_comparison_shouts(
    results: dict[str, dict[str, Any]],
) -> None:
    """Deals with messages win far more often, though messages do nothing: immortal time, which the landmark avoids."""
    row = main(results, "ask-the-floor")
    assert row["verdict"] in ("null_supported", "inconclusive")
    assert row["naive_ci_low"] > 0.05  # "proven", and wrong: the truth is 0
    assert row["ci_low"] < IDLE.effect < row["ci_high"]
    assert abs(row["estimate"] - IDLE.effect) < row["naive_estimate"] / 2


def test_the_landmark_holds_at_seven_and_thirty_days_too(results: dict[str, dict[str, Any]]) -> None:
    rows = [row for row in results.values() if row["purpose_id"] == "ask-the-floor"]
    assert sorted(row["landmark_days"] for row in rows) == [7, 14, 30]
    assert all(row["ci_low"] < 0 < row["ci_high"] for row in rows)
    assert [row["landmark_days"] for row in rows if row["q_bh"] is not None] == [14]  # sensitivities are no tests


def test_the_small_purpose_is_inconclusive_and_the_planner_says_what_it_takes(
    sample_home: Settings, results: dict[str, dict[str, Any]]
) -> None:
    row = main(results, "quiet-pilot")
    assert (row["verdict"], row["n_clusters_t"]) == ("inconclusive", len(SMALL.treated_units))
    assert row["ci_low"] < SMALL.effect < row["ci_high"] and row["mde_80"] > SMALL.effect
    best = planning.plan(sample_home, "quiet-pilot").rows[-1]
    assert best.teams_needed and best.teams_needed > best.units_t + best.units_c


def test_the_calibration_is_published_for_each_design(sample_home: Settings) -> None:
    rows = connect(sample_home).read("kpi.kpi_calibration").to_pylist()
    assert {(row["purpose_id"], row["check_name"]) for row in rows} == {
        ("ask-the-floor", "placebo_exposure"),
        *((name, check) for name in ("faster-handover", "quiet-pilot") for check in TEAM_CHECKS),
    }
    shares = {(row["purpose_id"], row["check_name"]): row["false_alarm_share"] for row in rows if row["draws"]}
    assert len(shares) == len(rows) and all(share <= 0.08 for share in shares.values())
    assert shares["faster-handover", "placebo_start"] >= 0.02


def test_the_night_renews_the_calibration_and_a_build_keeps_it(sample_copy: Settings) -> None:
    before = connect(sample_copy).read("raw.calibration").to_pylist()
    renewed = [asdict(row) for row in calibration.renew(sample_copy)]
    assert sorted(renewed, key=str) == sorted(before, key=str)  # the same past gives the same shares
    assert calibration.fill(sample_copy) == []  # nothing new to calibrate, and nothing lost
    assert connect(sample_copy).read("raw.calibration").num_rows == len(before) > 0


def test_the_event_study_is_flat_before_the_start_and_high_after_it(sample_home: Settings) -> None:
    rows = connect(sample_home).read("kpi.kpi_impact_event_study").to_pylist()
    times = {row["event_time"]: row for row in rows if row["design_id"].startswith("faster-handover")}
    assert sorted(times) == [-3, -2, -1, 0, 1]
    assert all(times[t]["ci_low"] < 0 < times[t]["ci_high"] for t in (-3, -2, -1))
    assert all(times[t]["ci_low"] > 0 for t in (0, 1))


def test_the_same_marts_give_the_same_rows_at_another_hour(sample_copy: Settings) -> None:
    first = connect(sample_copy).read("raw.impact_result").to_pylist()
    again = evidence.run(sample_copy, at=AT + timedelta(hours=3))
    rows = [evidence.result_row(replace(row, computed_at=None)) for row in again.rows]
    assert sorted(rows, key=str) == sorted(({**row, "computed_at": None} for row in first), key=str)
    assert connect(sample_copy).read("raw.impact_result").to_pylist() == first, (
        "known results stay as they were computed"
    )


def test_the_same_marts_leave_what_was_weighed_as_it_is(sample_copy: Settings) -> None:
    """So that dbt need not look at what reads it: raw.loads bears a hash of each table's rows."""
    before = connect(sample_copy).read("raw.loads")
    transform.weigh(sample_copy, at=AT + timedelta(hours=3))
    assert connect(sample_copy).read("raw.loads") == before
    weighed = {row["table_name"] for row in before.to_pylist() if not row["file_id"]}
    assert weighed >= {"impact_result", "calibration", "adoption_forecast", "behaviour_estimate"}


def test_purposes_that_land_after_their_results_are_exploratory(sample_home: Settings) -> None:
    """Without `register` the ledger would have seen them today."""
    read = connect(sample_home).read
    registry = [line | {"is_registered": False} for line in read(evidence.REGISTRY).to_pylist()]
    tables = {name: read(name).to_pylist() for name in evidence.TABLES}
    row = main({r.design_id: vars(r) | {"is_main": r.method == "did"} for r in
                evidence.evaluate_all(registry, tables, at=AT).rows}, "faster-handover")  # fmt: skip
    assert (row["claim_level"], row["verdict"]) == ("descriptive", "inconclusive")
    assert "NOT_REGISTERED" in row["refusal_codes"]
