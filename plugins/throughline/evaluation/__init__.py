"""One registered design and its aggregates -> ImpactRow, what the guards must know of it, and its event study. Pure.

Sums come from the warehouse (marts/evidence), formulas from `statistics/`; nothing is read or written here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from throughline.evaluation.landmark import landmark, owner_design_effect
from throughline.evaluation.lots import drawn_by_lot
from throughline.evaluation.parts import Aggregates, Look, Result, counts, share_of, with_balance, with_naive
from throughline.evaluation.teams import difference_in_differences
from throughline.statistics import threats
from throughline.statistics.row import Checks, ImpactRow

__all__ = ["Aggregates", "Look", "Result", "evaluate", "look_at", "owner_design_effect"]

CONTRASTS: Final = {
    "landmark": "deals linked by day {day} minus deals not linked",
    "randomised": "teams drawn by lot minus teams not drawn",
    "": "treated teams (change since the start) minus other teams",
}


def evaluate(design: Mapping[str, Any], found: Aggregates) -> list[Result]:
    """The design's result, and one a stratum where the strata differ. Never raises for what a user may declare."""
    row, checks = _frame(design, found)
    if checks.problem_codes:
        return [Result(row, checks)]
    row = with_balance(with_naive(row, found.naive), found.balance)
    if design["method"] == "landmark":
        results = list(landmark(design, found, row, checks))
    elif design["method"] == "randomised":
        results = [drawn_by_lot(design, found, row, checks)]
    else:
        results = [difference_in_differences(design, found, row, checks)]
    seen = counts(found.checks or {})
    return [replace(one, row=replace(one.row, assumptions_json=threats.assumptions_json(one.row, seen)))
            for one in results]  # fmt: skip


def look_at(design: Mapping[str, Any], seen: Mapping[str, Any] | None, earlier: int) -> Look:
    """Planned looks are counted by their days; without any, each publish of newer data was one (`earlier` of them).

    The main look's size is what the flow of deals before the start promised, so that no result moves it.
    """
    facts = seen or {}
    is_planned = bool(design.get("has_planned_looks"))
    number = max(1, int(facts.get("looks_passed") or 1)) if is_planned else 1 + earlier
    planned_n, start, main = math.nan, design.get("start_date"), design.get("main_look_date")
    if start and main and design.get("window_start_date"):
        before = (start - design["window_start_date"]).days
        planned_n = float(facts.get("n_units_before") or 0) / before * (main - start).days if before > 0 else math.nan
    several = int(design.get("looks_planned") or 1) > 1 or number > 1
    return Look(number, is_planned or number == 1, several, planned_n)


def _frame(design: Mapping[str, Any], found: Aggregates) -> tuple[ImpactRow, Checks]:
    """What is known of a design before anything is estimated."""
    seen: Mapping[str, Any] = found.checks or {}
    contrast = CONTRASTS.get(design["method"], CONTRASTS[""])
    row = ImpactRow(
        run_id="",
        design_id=design["design_id"],
        purpose_id=design["purpose_id"],
        outcome=design["outcome"],
        method=design["method"],
        unit=design.get("unit_of_measure") or "share",
        contrast=design.get("contrast") or contrast.format(day=design.get("landmark_days")),
        declared_direction=int(design.get("declared_direction") or 1),
        estimand=design.get("estimand") or "",
        control_group=design.get("control_group"),
        n_units_t=int(seen.get("n_units_t") or 0),
        n_units_c=int(seen.get("n_units_c") or 0),
        window_start=seen.get("window_start_date"),
        window_end=seen.get("window_end_date"),
        landmark_days=design.get("landmark_days"),
        min_effect_of_interest=design.get("min_effect_of_interest"),
        share_dropped=share_of(seen.get("n_units_dropped"), seen.get("n_units_total")),
    )
    row = replace(row, look_no=found.look.number, assumptions_json=threats.assumptions_json(row, counts(seen)))
    if design.get("outcome_kind") == "won":
        row = replace(row, n_events_t=int(seen.get("n_events_t") or 0), n_events_c=int(seen.get("n_events_c") or 0))
    return row, Checks(
        n_people_t=seen.get("n_people_t"),
        n_people_c=seen.get("n_people_c"),
        n_exposure_after_landmark=int(seen.get("n_exposure_after_landmark") or 0),
        n_exposure_after_outcome=int(seen.get("n_exposure_after_outcome") or 0),
        dropped_share_treated=float(seen.get("dropped_share_treated") or 0),
        dropped_share_control=float(seen.get("dropped_share_control") or 0),
        is_planned_look=found.look.is_planned,
        is_registered=bool(design.get("is_registered")),
        data_until=seen.get("data_until_date"),
        problem_codes=tuple((design.get("problem_codes") or "").split()),
    )
