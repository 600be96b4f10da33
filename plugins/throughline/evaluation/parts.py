"""What every evaluation shares: its input and result, and the parts of a row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from throughline.statistics import aggregates, experiment
from throughline.statistics.estimate import Estimate
from throughline.statistics.row import Checks, ImpactRow

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Aggregates:
    """The rows of one design from each table of marts/evidence."""

    cells: Rows = ()
    moments: Rows = ()
    strata: Rows = ()
    survival: Rows = ()
    naive: Rows = ()
    checks: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Result:
    """One row before it is judged; events: the event study that belongs to it, estimates in the row's unit."""

    row: ImpactRow
    checks: Checks
    events: aggregates.EventStudy | None = None


def with_estimate(row: ImpactRow, result: Estimate) -> ImpactRow:
    relative = result.estimate / row.baseline_mean if row.baseline_mean else math.nan
    return replace(
        row,
        estimate=finite(result.estimate),
        se=finite(result.se),
        ci_low=finite(result.ci_low),
        ci_high=finite(result.ci_high),
        ci_method=result.ci_method,
        df=finite(result.df),
        p_value=finite(result.p_value),
        mde_80=finite(result.mde_80),
        relative_effect=finite(relative),
    )


def with_evalue(row: ImpactRow, result: Estimate, cells: Rows, design: Mapping[str, Any]) -> ImpactRow:
    """Hidden confounding that could explain it: shares against the treated teams without the change, days by sd."""
    after = [line for line in cells if line["arm"] == 1 and line["period"] == 1]
    n, total = numbers(after, "n").sum(), float(unshifted(after).sum())
    if not n:
        return row
    if design.get("outcome_kind") == "won":
        point, limit = experiment.e_values_of_difference(result, baseline=total / n - result.estimate)
    else:
        shifted = float(numbers(after, "sum_y").sum())
        square = float(numbers(after, "sum_y2").sum())
        sd = math.sqrt(max(0.0, square / n - (shifted / n) ** 2))
        point, limit = experiment.e_values_of_difference(result, sd=sd)
    return replace(row, evalue_point=finite(point), evalue_ci=finite(limit))


def with_naive(row: ImpactRow, lines: Rows) -> ImpactRow:
    """What "deals with messages" minus "deals without" would say: published beside the estimate as the trap it is."""
    arms = {}
    for linked in (True, False):
        n, sum_y, sum_yy = (
            sum(float(line[name]) for line in lines if bool(line["is_linked"]) is linked)
            for name in ("n", "sum_y", "sum_y2")
        )
        arms[linked] = experiment.Arm(n, sum_y, sum_yy)
    if min(arm.n for arm in arms.values()) < 2:
        return row
    found = experiment.mean_difference(arms[True], arms[False])
    return replace(
        row,
        naive_estimate=finite(found.estimate),
        naive_ci_low=finite(found.ci_low),
        naive_ci_high=finite(found.ci_high),
    )


def counts(seen: Mapping[str, Any]) -> dict[str, int]:
    """What was left out of the comparison, and how often."""
    names = (
        *("n_closed_before_landmark", "n_excluded_simultaneous", "n_not_followed_yet", "n_outcome_before_index"),
        *("n_teams_dropped_unbalanced", "n_units_dropped"),
    )
    return {name: int(seen[name]) for name in names if seen.get(name) is not None}


def share_of(part: Any, whole: Any) -> float | None:
    return float(part or 0) / float(whole) if whole else None


def finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def column(rows: Rows, name: str) -> list[Any]:
    return [line[name] for line in rows]


def numbers(rows: Rows, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([float(line[name]) for line in rows], dtype=np.float64)


def unshifted(rows: Rows) -> np.ndarray[Any, np.dtype[np.float64]]:
    return numbers(rows, "sum_y") + numbers(rows, "n") * numbers(rows, "shift")
