"""What every evaluation shares: its input and result, and the parts of a row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from throughline.statistics import aggregates, experiment, sequential
from throughline.statistics.estimate import SEQUENTIAL, Estimate
from throughline.statistics.row import Checks, ImpactRow

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Look:
    """Which look at a result this is. planned_n: units in both arms at the main look, where intervals are narrowest."""

    number: int = 1
    is_planned: bool = True
    is_sequential: bool = False
    planned_n: float = math.nan

    def interval(self, result: Estimate, row: ImpactRow) -> Estimate:
        """The interval that holds at every look, where several are taken and 100 units an arm allow it."""
        n = row.n_units_t + row.n_units_c
        if not (self.is_sequential and sequential.is_first_look_allowed(row.n_units_t, row.n_units_c)):
            return result
        return sequential.always_valid(result, n=n, planned_n=self.planned_n if self.planned_n > 0 else n)


@dataclass(frozen=True)
class Aggregates:
    """The rows of one design from each table of marts/evidence, and which look at them this is."""

    cells: Rows = ()
    moments: Rows = ()
    strata: Rows = ()
    survival: Rows = ()
    naive: Rows = ()
    arms: Rows = ()
    balance: Rows = ()
    checks: Mapping[str, Any] | None = None
    look: Look = Look()


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
        ci_kind="sequential" if result.ci_method == SEQUENTIAL else "fixed",
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


def with_balance(row: ImpactRow, lines: Rows) -> ImpactRow:
    """max_smd: the largest abs(mean_1 - mean_0)/sqrt((s_1^2 + s_0^2)/2) of what was known before exposure."""
    sizes = []
    for covariate in sorted({line["covariate"] for line in lines}):
        arms = {
            int(line["arm"]): experiment.Arm(float(line["n"]), float(line["sum_x"]), float(line["sum_xx"]))
            for line in lines
            if line["covariate"] == covariate
        }
        if len(arms) == 2 and min(arm.n for arm in arms.values()) > 1:
            spread = sum(arm.s_yy / (arm.n - 1) for arm in arms.values()) / 2
            gap = abs(arms[1].mean_y - arms[0].mean_y)
            sizes.append(gap / math.sqrt(spread) if spread > 0 else math.nan if gap > 0 else 0.0)
    known = [size for size in sizes if math.isfinite(size)]
    return replace(row, max_smd=max(known)) if known else row


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
