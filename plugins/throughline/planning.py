"""Before a purpose starts, from the past of its own teams: which difference could be found.

Reads the restricted marts (teams by period, sums over owners), so it is for those who run the warehouse. What cannot be
learnt from the past is said, not guessed: windows longer than half the past are not shown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from throughline.evaluation import owner_design_effect
from throughline.settings import Settings
from throughline.source import Refused
from throughline.statistics import guards, power
from throughline.statistics.estimate import Floats, Ints
from throughline.statistics.row import Checks
from throughline.statistics.sentences import number
from throughline.warehouse import connect

PERIOD_WEEKS: Final = 13
MORE_TEAMS: Final = (10, 20, 40, 80)
LANDMARK_WEEKS: Final = (13, 26, 39, 52, 78, 104)
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Reach:
    """One row: with this many weeks of new deals the design finds `detectable` or more, in the outcome's unit.

    units_t, units_c: teams, or deals of a landmark design; teams_needed: in all, half of them treated, for the smallest
    difference worth having; None where that is beyond reach or no question of teams.
    """

    weeks: int
    units_t: int
    units_c: int
    detectable: float | None
    teams_needed: int | None


@dataclass(frozen=True)
class Plan:
    """What a purpose's main design can find; sentence says what to do with it.

    curves: (line, weeks, detectable) as it stands and, where teams are compared, with more of them, half treated.
    """

    purpose_id: str
    design_id: str
    outcome: str
    unit: str
    min_effect_of_interest: float | None
    rows: list[Reach]
    sentence: str
    curves: list[tuple[str, int, float]]


def plan(settings: Settings, purpose_id: str) -> Plan:
    """The plan of a registered purpose. Raises Refused where there is none, or nothing to learn from."""
    return reach(*_past(settings, purpose_id))


def _past(settings: Settings, purpose_id: str) -> tuple[Mapping[str, Any], Rows, Mapping[str, Any]]:
    """The main design of a purpose, its teams by period, its checks."""
    read = connect(settings).read
    designs = [line for line in read("marts.design_registry").to_pylist() if line["is_main"]]
    design = next((line for line in designs if line["purpose_id"] == purpose_id), None)
    if design is None:
        known = ", ".join(sorted(line["purpose_id"] for line in designs)) or "none"
        raise Refused(f"purpose {purpose_id!r} is not registered", remedy=f"registered are: {known}")
    if design["problem_codes"]:
        raise Refused(
            f"the design of {purpose_id!r} cannot be planned: {design['problem_codes']}",
            remedy="declare an outcome, a method, a start and teams",
        )
    periods = [line for line in read("marts.fct_design_period").to_pylist() if line["design_id"] == design["design_id"]]
    checks = [line for line in read("marts.agg_design_checks").to_pylist() if line["design_id"] == design["design_id"]]
    return design, periods, checks[0] if checks else {}


def reach(design: Mapping[str, Any], periods: Rows, checks: Mapping[str, Any]) -> Plan:
    """The same from the aggregates alone."""
    least = design["min_effect_of_interest"]
    rows = _deals(design, checks) if design["method"] == "landmark" else _teams(design, periods)
    if not rows:
        raise Refused(
            f"the past of {design['purpose_id']!r} is too short to learn from",
            remedy="it takes two periods of 91 days before the start, followed to the horizon, in three teams or more; "
            "a landmark design is planned for shares only",
        )
    unit = design["unit_of_measure"] or "share"
    arms = "deals" if design["method"] == "landmark" else f"teams, {rows[0].units_t} of them treated"
    size = "the flow of" if design["method"] == "landmark" else str(rows[0].units_t + rows[0].units_c)
    curves = [(f"as it stands: {size} {arms}", row.weeks, row.detectable) for row in rows if row.detectable is not None]
    if design["method"] != "landmark":
        curves += _more(periods)
    return Plan(
        design["purpose_id"], design["design_id"], design["outcome"], unit, least, rows, _sentence(rows, least, unit),
        curves,
    )  # fmt: skip


def picture(settings: Settings, plan: Plan) -> Path | None:
    """Write the plan's curves as $HOME/plans/<purpose>.svg; None where there is nothing to draw."""
    from throughline.brief.chart import reach as drawn

    chart = drawn(plan.curves, plan.min_effect_of_interest, plan.unit)
    if not chart:
        return None
    path = settings.home / "plans" / f"{plan.purpose_id}.svg"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    draft.write_text(chart, encoding="utf-8")
    draft.replace(path)
    return path


def _more(periods: Rows) -> list[tuple[str, int, float]]:
    """The same past with more teams than there are, half of them treated."""
    panel, starts = past_panel(periods)
    curves = []
    for teams in (teams for teams in MORE_TEAMS if teams > len(starts)):
        for window in range(1, panel.shape[1] // 2 + 1):
            placebo = power.placebo_differences(panel, pre=window, post=window)
            found = power.detectable_did(placebo, n_treated=teams // 2, n_control=teams // 2)
            if math.isfinite(found):
                curves.append((f"{teams} teams, half treated", window * PERIOD_WEEKS, found))
    return curves


def _teams(design: Mapping[str, Any], periods: Rows) -> list[Reach]:
    """Windows of one period up to half the past, the same length before and after each placebo start."""
    panel, starts = past_panel(periods)
    n_treated, n_control = int((starts > 0).sum()), int((starts == 0).sum())
    if min(n_treated, n_control) < 1 or len(starts) < 3:
        return []
    rows = []
    for window in range(1, panel.shape[1] // 2 + 1):
        placebo = power.placebo_differences(panel, pre=window, post=window)
        found = power.detectable_did(placebo, n_treated=n_treated, n_control=n_control)
        least = design["min_effect_of_interest"]
        needed = power.clusters_needed(placebo, least) if least else None
        rows.append(Reach(window * PERIOD_WEEKS, n_treated, n_control, _finite(found), needed))
    return rows


def past_panel(periods: Rows) -> tuple[Floats, Ints]:
    """Teams seen in every period before the first start x these periods, in a fixed order; each team's start or 0."""
    first = min((line["cohort"] for line in periods if line["cohort"] > 0), default=math.inf)
    before = [line for line in periods if line["t"] < first]
    times = sorted({line["t"] for line in before})
    teams: dict[str, dict[int, float]] = {}
    starts = {line["cluster_id"]: int(line["cohort"]) for line in before}
    for line in before:
        teams.setdefault(line["cluster_id"], {})[line["t"]] = line["y"]
    whole = sorted(team for team, seen in teams.items() if len(seen) == len(times))
    panel = np.array([[teams[team][t] for t in times] for team in whole], dtype=np.float64)
    return panel.reshape(len(whole), len(times)), np.array([starts[team] for team in whole], dtype=np.int64)


def _deals(design: Mapping[str, Any], checks: Mapping[str, Any]) -> list[Reach]:
    """Deals like those before the start, half of them linked in time; shares only."""
    n, owners = float(checks.get("owners_n") or 0), int(checks.get("owners_count") or 0)
    weeks_before = (design["start_date"] - design["window_start_date"]).days / 7
    if design["outcome_kind"] != "won" or n < 2 or weeks_before <= 0:
        return []
    share, rows = float(checks["owners_sum_y"]) / n, []
    for weeks in LANDMARK_WEEKS:
        deals = round(n / weeks_before * weeks)
        effect = owner_design_effect(checks, deals, Checks(n_people_t=owners, n_people_c=owners))
        found = power.detectable_share(max(deals / 2, 1.0), share, design_effect=effect)
        rows.append(Reach(weeks, deals // 2, deals - deals // 2, _finite(found), None))
    return rows


def _sentence(rows: list[Reach], least: float | None, unit: str) -> str:
    best = rows[-1]
    if best.detectable is None:
        return "The past varies too little or holds too few cases to say what could be found."
    shown = f"With {best.weeks} weeks a difference of {number(best.detectable, unit)} or more would be found"
    if min(best.units_t, best.units_c) < guards.LIMITS.min_clusters and best.teams_needed is not None:
        shown += f", but below {guards.LIMITS.min_clusters} teams an arm nothing may be said"
    if not least:
        return f"{shown}. Declare the smallest change worth having."
    enough = next((row.weeks for row in rows if row.detectable is not None and row.detectable <= least), None)
    worth = number(least, unit)
    if enough is not None:
        return f"{shown}. The {worth} worth having takes {enough} weeks." + _more_teams(best)
    return (
        f"{shown}: the {worth} worth having is out of reach.{_more_teams(best)} Or watch a nearer, leading metric, "
        "wait longer, or draw by lot who is encouraged."
    )


def _more_teams(row: Reach) -> str:
    if row.teams_needed is None:
        return ""
    teams = max(row.teams_needed, 2 * guards.LIMITS.min_clusters)
    return f" It takes {teams} teams in all, half of them treated." if teams > row.units_t + row.units_c or (
        row.units_t < guards.LIMITS.min_clusters
    ) else ""  # fmt: skip


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
