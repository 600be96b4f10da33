"""Teams drawn by lot against those that were not: adjusted for their past, or the ratio over all their deals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from throughline.evaluation.parts import Aggregates, Result, Rows, column, finite, numbers, unshifted, with_estimate
from throughline.statistics import did, experiment
from throughline.statistics.experiment import Arm
from throughline.statistics.row import Checks, ImpactRow

SUMS: Final = ("sum_y", "sum_yy", "sum_x", "sum_xx", "sum_xy", "sum_d", "sum_dd", "sum_yd")


def drawn_by_lot(design: Mapping[str, Any], found: Aggregates, row: ImpactRow, checks: Checks) -> Result:
    """unit deal: ratio of sums by the delta method, units are teams. Else: ANCOVA of the teams' means on their past.

    The shares of the teams that can be seen are tested against the planned ones (sample ratio), before anything else.
    """
    is_ratio = design.get("unit_of_analysis") == "deal"
    metric = "deal_ratio" if is_ratio else "team_mean"
    lines = [line for line in found.arms if line["metric"] == metric]
    arms = {arm: _arm([line for line in lines if line["arm"] == arm]) for arm in (1, 0)}
    row = replace(row, n_clusters_t=round(arms[1].n), n_clusters_c=round(arms[0].n))
    shares = {int(line["arm"]): float(line["planned_share"]) for line in lines}
    if set(shares) != {0, 1}:
        return Result(row, checks)
    compare = experiment.ratio_difference if is_ratio else experiment.ancova
    result = found.look.interval(compare(arms[1], arms[0]), row)
    baseline = experiment.ratio(arms[0])[0] if is_ratio else arms[0].mean_y
    row = replace(
        row,
        baseline_mean=finite(baseline),
        srm_p=finite(experiment.sample_ratio_p([arms[1].n, arms[0].n], [shares[1], shares[0]])),
        p_permutation=finite(_permutation_p(arms, found.cells)),
    )
    return Result(with_estimate(row, result), checks)


def _arm(lines: Rows) -> Arm:
    """The moments of one arm; strata and shards add up."""
    return Arm(*(float(numbers(lines, name).sum()) for name in ("n", *SUMS)))


def _permutation_p(arms: Mapping[int, Arm], cells: Rows) -> float:
    """Lots drawn anew over the teams' means, their past taken off with the slope within the arms."""
    after = [line for line in cells if line["period"] == 1]
    if not after:
        return math.nan
    before = {line["cluster_id"]: mean for line, mean in zip(cells, _means(cells), strict=True) if line["period"] == 0}
    s_xx, s_xy = (sum(getattr(arm, name) for arm in arms.values()) for name in ("s_xx", "s_xy"))
    theta = s_xy / s_xx if s_xx > 0 else 0.0
    usual = float(np.mean(list(before.values()))) if before else 0.0
    past = np.array([before.get(line["cluster_id"], usual) for line in after])
    drawn = np.array(column(after, "arm"), dtype=np.int64) == 1
    return did.permutation_p(_means(after) - theta * past, drawn)[0]


def _means(cells: Rows) -> np.ndarray[Any, np.dtype[np.float64]]:
    return unshifted(cells) / numbers(cells, "n")
