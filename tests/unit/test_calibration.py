"""Calibration rows on pasts made by hand: every design has its checks, and a past that is too short says so."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.unit.test_planning import DID, LANDMARK, teams
from throughline import transform
from throughline.calibration import Alarms, alarms
from throughline.settings import Settings

STAGGERED = DID | {"design_id": "p:C1b_180:staggered_did", "method": "staggered_did"}
Tables = dict[str, list[dict[str, Any]]]


def rows(design: dict[str, Any], **tables: list[dict[str, Any]]) -> dict[str, Alarms]:
    return {row.check_name: row for row in alarms(design | {"content_hash": "h"}, tables)}


def cells(treated: int, control: int, *, seed: int = 2) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    return [
        {"cluster_id": f"{number:03d}", "arm": int(number < treated), "period": period, "n": 40, "shift": 1.0}
        | {"sum_y": 40 * (float(rng.normal(0.25, 0.05)) - 1.0)}
        for number in range(treated + control)
        for period in (0, 1)
    ]


def owners(count: int, *, alike: float = 0.0, seed: int = 3) -> list[dict[str, Any]]:
    """Ten deals an owner in each of two quarters; `alike`: spread of the owners' own win rates."""
    rng = np.random.default_rng(seed)
    rates = np.clip(rng.normal(0.25, alike, count), 0.0, 1.0)
    return [
        {"owner_id": f"{number:03d}", "stratum": quarter, "n": 10, "n_event": int(rng.binomial(10, rates[number]))}
        for number in range(count)
        for quarter in ("2025-01-01", "2025-04-01")
    ]


def test_a_comparison_of_teams_is_calibrated_three_ways() -> None:
    found = rows(DID, fct_design_period=teams(10, 10, periods=6), agg_cluster_cell=cells(10, 12))
    assert set(found) == {"placebo_start", "permutation", "aa_split"}
    for row in found.values():
        assert row.draws == 1_000 and row.se_share == pytest.approx((0.05 * 0.95 / 1000) ** 0.5)
        assert row.false_alarm_share == pytest.approx(0.05, abs=0.03)
        assert "cries wolf" in row.sentence and row.content_hash == "h"
    assert found["placebo_start"].covered_share == pytest.approx(1 - (found["placebo_start"].false_alarm_share or 0))
    assert found["permutation"].covered_share is None  # a test without interval
    # .1 is large beside .05 sqrt(2/3) sqrt(2/10), and the permutation finds it as well
    assert min(found[name].found_share or 0 for name in ("placebo_start", "permutation")) > 0.9


def test_few_lots_are_said_to_be_few() -> None:
    found = rows(DID, agg_cluster_cell=cells(10, 8))["aa_split"]
    assert found.sentence.endswith("There are only 70 such lots.")  # 4 of 8


def test_several_starts_are_dealt_out_anew() -> None:
    lines = teams(12, 12, periods=8)
    for line in lines:
        if line["cohort"]:
            line["cohort"] += int(line["cluster_id"]) % 2  # two cohorts, one period apart
    found = rows(STAGGERED, fct_design_period=lines)
    assert found["placebo_start"].false_alarm_share == pytest.approx(0.05, abs=0.03)
    assert found["placebo_start"].covered_share == pytest.approx(0.95, abs=0.03)


def test_owners_of_like_deals_need_the_design_effect() -> None:
    """Owners who differ: the sums say so, and the wider interval keeps its level where the plain one would not."""
    lines = owners(60, alike=0.15)
    sums = {
        name: sum(line["n"] for line in lines if line["owner_id"] == name) for name in {o["owner_id"] for o in lines}
    }
    won = {name: sum(line["n_event"] for line in lines if line["owner_id"] == name) for name in sums}
    checks = {
        "n_units_t": 400, "n_units_c": 400, "owners_count": 60, "owners_n": 1200.0, "owners_n2": 24_000.0,
        "owners_sum_y": float(sum(won.values())), "owners_sum_y2": float(sum(won.values())),
        "owners_between": sum(won[name] ** 2 / sums[name] for name in sums),
    }  # fmt: skip
    wide = rows(LANDMARK, agg_design_owner=lines, agg_design_checks=[checks])["placebo_exposure"]
    plain = rows(LANDMARK, agg_design_owner=lines, agg_design_checks=[{"n_units_t": 400, "n_units_c": 400}])
    assert wide.false_alarm_share == pytest.approx(0.05, abs=0.03)
    assert (plain["placebo_exposure"].false_alarm_share or 0) > 0.15


@pytest.mark.parametrize(
    ("design", "tables", "reason"),
    [
        (DID, {}, "two periods of 91 days"),
        (DID, {"fct_design_period": teams(10, 10, periods=1)}, "two periods of 91 days"),
        (DID, {"fct_design_period": teams(1, 9)}, "two teams an arm"),
        (STAGGERED, {"fct_design_period": teams(10, 10, periods=2)}, "two periods of 91 days"),
        (LANDMARK, {}, "four owners"),
        (LANDMARK, {"agg_design_owner": owners(3)}, "four owners"),
    ],
)
def test_a_past_that_is_too_short_is_a_row_that_says_so(design: dict[str, Any], tables: Tables, reason: str) -> None:
    row = next(iter(rows(design, **tables).values()))
    assert reason in row.sentence and row.false_alarm_share is None and row.draws is None


def test_the_order_of_the_rows_changes_nothing() -> None:
    tables = {"fct_design_period": teams(10, 10, periods=6), "agg_cluster_cell": cells(5, 9)}
    backwards = {name: lines[::-1] for name, lines in tables.items()}
    assert rows(DID, **tables) == rows(DID, **backwards)
    assert rows(LANDMARK, agg_design_owner=owners(20)) == rows(LANDMARK, agg_design_owner=owners(20)[::-1])


def test_the_night_calibrates_a_whole_build_only(settings: Settings) -> None:
    """Before the first build, and while one is under way, there are no marts to trust."""
    assert not transform.is_audited(settings)
    settings.home.mkdir(parents=True, exist_ok=True)
    for audited_at, whole in ((None, False), ("2026-07-06T08:00:00+00:00", True)):
        (settings.home / "build.json").write_text(json.dumps({"files": [], "audited_at": audited_at}))
        assert transform.is_audited(settings) is whole
