"""The planner on pasts made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from throughline.planning import picture, reach
from throughline.settings import Settings
from throughline.source import Refused
from throughline.statistics.power import detectable_share

DID: dict[str, Any] = {
    "design_id": "p:C1b_180:did", "purpose_id": "p", "outcome": "C1b_180", "method": "did", "unit_of_measure": "share",
    "outcome_kind": "won", "min_effect_of_interest": 0.1, "start_date": date(2026, 1, 1),
    "window_start_date": date(2025, 1, 2),
}  # fmt: skip
LANDMARK = DID | {"design_id": "p:C1b_180:landmark-14", "method": "landmark"}
# 52 weeks with 520 deals of 52 owners, a quarter of them won, no owner better than another
PAST = {"owners_n": 520.0, "owners_count": 52, "owners_n2": 5200.0, "owners_sum_y": 130.0, "owners_between": 32.5,
        "owners_sum_y2": 130.0}  # fmt: skip


def teams(treated: int, control: int, *, periods: int = 4, sd: float = 0.05, seed: int = 1) -> list[dict[str, Any]]:
    """Teams by period, the start after the last period; one team is seen only once."""
    rng = np.random.default_rng(seed)
    lines = []
    for number in range(treated + control):
        for t in range(1, periods + 1):
            y = 0.25 + float(rng.normal(0, sd))
            cohort = periods + 1 if number < treated else 0
            lines.append(
                {"cluster_id": f"{number:03d}", "t": t, "cohort": cohort, "y": y, "is_treated": number < treated}
            )
    lines.append({"cluster_id": "new", "t": periods, "cohort": 0, "y": 9.0, "is_treated": False})
    lines.append({"cluster_id": "000", "t": periods + 1, "cohort": periods + 1, "y": 9.0, "is_treated": True})
    return lines


def test_longer_windows_find_smaller_differences() -> None:
    plan = reach(DID, teams(12, 12), {})
    assert [(row.weeks, row.units_t, row.units_c) for row in plan.rows] == [(13, 12, 12), (26, 12, 12)]
    short, long = (row.detectable or 0 for row in plan.rows)
    assert long < short
    # sd of a difference of two means of one period is sqrt(2) 0.05; 2.8 se and a bit for t at 22 df
    assert short == pytest.approx(2.93 * 0.05 * 2**0.5 * (2 / 12) ** 0.5, rel=0.25)


def test_two_treated_teams_are_told_how_many_it_takes() -> None:
    plan = reach(DID, teams(2, 8, sd=0.1), {})
    assert plan.rows[-1].teams_needed and plan.rows[-1].teams_needed > 10
    assert "out of reach" in plan.sentence and f"It takes {plan.rows[-1].teams_needed} teams" in plan.sentence
    assert "below 5 teams an arm nothing may be said" in plan.sentence


def test_a_landmark_is_planned_by_its_flow_of_deals() -> None:
    plan = reach(LANDMARK, [], PAST)
    year = next(row for row in plan.rows if row.weeks == 52)
    assert (year.units_t, year.units_c) == (260, 260)
    assert year.detectable == pytest.approx(detectable_share(260, 0.25), rel=1e-3)  # no likeness of owners
    assert "0 percentage points worth having takes 78 weeks" in plan.sentence


def test_owners_whose_deals_are_alike_push_it_out_of_reach() -> None:
    alike = PAST | {"owners_between": 130.0}  # an owner wins all or nothing
    plan = reach(LANDMARK, [], alike)
    assert "out of reach" in plan.sentence


@pytest.mark.parametrize(
    ("design", "periods"), [(DID, []), (DID, teams(3, 3, periods=1)), (DID, teams(0, 9)), (LANDMARK, [])]
)
def test_no_past_is_refused_in_words(design: dict[str, Any], periods: list[dict[str, Any]]) -> None:
    with pytest.raises(Refused, match="too short to learn from"):
        reach(design, periods, {})


def test_the_picture_shows_the_plan_and_more_teams(settings: Settings) -> None:
    plan = reach(DID, teams(6, 6, sd=0.1), {})
    lines = list(dict.fromkeys(line for line, _, _ in plan.curves))
    assert lines[0] == "as it stands: 12 teams, 6 of them treated"
    assert lines[1:] == ["20 teams, half treated", "40 teams, half treated", "80 teams, half treated"]
    by_line = {line: {weeks: size for name, weeks, size in plan.curves if name == line} for line in lines}
    # (t.975 + t.80) and sqrt(1/10 + 1/10) against those of 18 and 38 degrees of freedom: more teams find less
    assert by_line[lines[1]][26] > by_line[lines[2]][26] > by_line[lines[3]][26]
    drawn = picture(settings, plan)
    assert drawn == settings.home / "plans" / "p.svg" and picture(settings, plan) == drawn
    words = " ".join(ElementTree.parse(drawn).getroot().itertext())  # noqa: S314  # our own
    assert all(part in words for part in (*lines, "worth having", "percentage points", "weeks after the start"))


def test_a_landmarks_picture_has_its_flow_of_deals_alone(settings: Settings) -> None:
    plan = reach(LANDMARK, [], PAST)
    assert {line for line, _, _ in plan.curves} == {"as it stands: the flow of deals"}
    assert picture(settings, replace(plan, curves=[])) is None
