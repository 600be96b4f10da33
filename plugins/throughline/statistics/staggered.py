"""Staggered difference-in-differences from cohort moments: Callaway & Sant'Anna (2021), unconditional, balanced panel.

Per cohort only n, sum(y_t) and sum(y_t y_s) are needed; no unit row leaves the warehouse. ATT(g,t), all aggregates and
their standard errors equal R `did` (analytic) to 1e-10, including the terms that are easily forgotten: weights are
estimated too, and pooled controls differ from each other.
Left out: covariates (post-stratify instead, see `post_stratify`) and unbalanced units (dropped in the warehouse).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from throughline.statistics.estimate import CI_LEVEL, Bools, Estimate, Floats, Ints, estimate_from_se

NEVER = 0
MIN_COHORT_UNITS = 5
MIN_NEVER_TREATED_UNITS = 10
ControlGroup = Literal["never", "not_yet"]


@dataclass(frozen=True)
class CohortMoments:
    """One entry per cohort k (0 = never treated), T periods in order.

    cohort: int[k], first treated period; n: float[k] units; mean: float[k, T]; cov: float[k, T, T], divided by n.
    n_units counts the whole design. `dropped` and `merged` say what happened to small or always-treated cohorts.
    """

    periods: Ints
    cohort: Ints
    n: Floats
    mean: Floats
    cov: Floats
    n_units_dropped: int = 0
    merged: tuple[tuple[int, int], ...] = ()

    @property
    def n_units(self) -> float:
        return float(self.n.sum())

    @property
    def n_never(self) -> float:
        return float(self.n[self.cohort == NEVER].sum())


@dataclass(frozen=True)
class GroupTime:
    """ATT(g, t), one entry per cell: group, period: int[c]; att, se: float[c]; base and time are period positions.

    `loading` float[k, c] is the weight of a unit of cohort k in the cell (1/n_g treated, -1/n_C control), `between`
    float[k, c] the distance of a control cohort's change from the pooled one, over n_C.
    """

    moments: CohortMoments
    control_group: ControlGroup
    anticipation: int
    group: Ints
    period: Ints
    time: Ints
    base: Ints
    att: Floats
    se: Floats
    loading: Floats
    between: Floats

    @property
    def is_post(self) -> Bools:
        return np.asarray(self.period >= self.group)

    @property
    def is_pre(self) -> Bools:
        """Cells before treatment and before anticipation: one-period changes that should be 0."""
        return np.asarray(self.period < self.group - self.anticipation)


def cohort_moments(
    cohort: npt.ArrayLike,
    t: npt.ArrayLike,
    s: npt.ArrayLike,
    *,
    n_units: npt.ArrayLike,
    sum_y_t: npt.ArrayLike,
    sum_y_t_y_s: npt.ArrayLike,
    small: Literal["merge", "drop", "keep"] = "merge",
    min_units: int = MIN_COHORT_UNITS,
    anticipation: int = 0,
) -> CohortMoments:
    """Rows of `agg_cohort_moments` (s >= t, any order, shards add up) -> means and covariances, divided by n.

    Units treated in the first period have no base and are dropped and counted; cohorts first treated after the last
    period (and its anticipation) are never treated here. A treated cohort below `min_units` is merged with its nearest
    cohort under the earlier start: that can only dilute an effect, whereas a later start would put treated periods
    into the baseline. The last one is dropped if it stays too small; one unit has no variance at all.
    """
    keys, index = np.unique(np.asarray(cohort, dtype=np.int64), return_inverse=True)
    periods, at = np.unique(np.asarray(t, dtype=np.int64), return_inverse=True)
    to = np.searchsorted(periods, np.asarray(s, dtype=np.int64))
    units, product = np.asarray(n_units, dtype=np.float64), np.asarray(sum_y_t_y_s, dtype=np.float64)
    n, total = np.zeros(len(keys)), np.zeros((len(keys), len(periods)))
    cross = np.zeros((len(keys), len(periods), len(periods)))
    diagonal = at == to
    np.add.at(total, (index[diagonal], at[diagonal]), np.asarray(sum_y_t, dtype=np.float64)[diagonal])
    np.add.at(cross, (index, at, to), product)
    np.add.at(cross, (index[~diagonal], to[~diagonal], at[~diagonal]), product[~diagonal])
    first = diagonal & (at == 0)
    np.add.at(n, index[first], units[first])

    if not len(periods):
        empty = np.zeros(0)
        return CohortMoments(periods, keys, empty, np.zeros((0, 0)), np.zeros((0, 0, 0)))
    late = (keys > periods[-1] + anticipation) | (keys == NEVER)
    always = (keys <= periods[0] + anticipation) & ~late
    groups = [[int(i)] for i in np.flatnonzero(~late & ~always)]
    dropped, merged = float(n[always].sum()), dict[int, int]()

    def size(group: list[int]) -> float:
        return float(n[group].sum())

    while small == "merge" and len(groups) > 1 and min(map(size, groups)) < min_units:
        place = min(range(len(groups)), key=lambda i: (size(groups[i]), i))
        starts = [int(keys[g[0]]) for g in groups]
        others = [i for i in (place - 1, place + 1) if 0 <= i < len(groups)]
        low, high = sorted((place, min(others, key=lambda i: abs(starts[i] - starts[place]))))
        merged |= {int(keys[i]): starts[low] for i in groups[high]}
        groups[low] += groups.pop(high)
    if small != "keep":
        dropped += sum(size(g) for g in groups if size(g) < min_units)
        groups = [g for g in groups if size(g) >= min_units]
    if late.any():
        groups.insert(0, [int(i) for i in np.flatnonzero(late)])
    starts = [NEVER if late[g[0]] else int(keys[g[0]]) for g in groups]
    counts = np.array([size(g) for g in groups])
    mean = np.array([total[g].sum(axis=0) for g in groups]).reshape(-1, len(periods)) / counts[:, None]
    second = np.array([cross[g].sum(axis=0) for g in groups]).reshape(-1, len(periods), len(periods))
    cov = second / counts[:, None, None] - mean[:, :, None] * mean[:, None, :]
    return CohortMoments(
        periods, np.array(starts, dtype=np.int64), counts, mean, cov, round(dropped), tuple(sorted(merged.items()))
    )


def choose_control_group(moments: CohortMoments, *, minimum: int = MIN_NEVER_TREATED_UNITS) -> ControlGroup:
    """Never-treated units, or the not yet treated as well when fewer than `minimum` were never treated."""
    return "never" if moments.n_never >= minimum else "not_yet"


def group_time(moments: CohortMoments, *, control_group: ControlGroup = "never", anticipation: int = 0) -> GroupTime:
    """ATT(g,t) = mu_g c - m, c = e_t - e_base, m = sum_C n_k mu_k c / n_C; eq. (2.6)-(2.9) of Callaway & Sant'Anna.

    Base: the last period before g - anticipation if t >= g, else t - 1 ("varying"); t runs from the second period.
    Controls: cohort 0, or cohort 0 and every cohort that starts after max(t, base) + anticipation. Cells without
    controls are left out. The cell's variance is sum_k n_k (loading^2 c'Sigma_k c + between^2).
    """
    periods, treated = moments.periods, moments.cohort[moments.cohort != NEVER]
    rows = [(g, j) for g in treated for j in range(1, len(periods))]
    group = np.array([g for g, _ in rows], dtype=np.int64)
    time = np.array([j for _, j in rows], dtype=np.int64)
    before = np.searchsorted(periods, group - anticipation) - 1
    base = np.where(periods[time] >= group, before, time - 1)
    control = np.zeros((len(moments.cohort), len(rows)), dtype=np.bool_)
    control[moments.cohort == NEVER] = True
    if control_group == "not_yet":
        latest = periods[np.maximum(time, base)] + anticipation
        control |= (moments.cohort[:, None] > latest) & (moments.cohort[:, None] != group)
    pool = (moments.n[:, None] * control).sum(axis=0)
    kept = (pool > 0) & (base >= 0)
    group, time, base, control, pool = group[kept], time[kept], base[kept], control[:, kept], pool[kept]

    own = moments.cohort[:, None] == group
    change = moments.mean[:, time] - moments.mean[:, base]
    pooled = (moments.n[:, None] * control * change).sum(axis=0) / pool
    loading = own / moments.n[:, None] - control / pool
    between = control * (change - pooled) / pool
    spread = moments.cov[:, time, time] - 2 * moments.cov[:, time, base] + moments.cov[:, base, base]
    variance = (moments.n[:, None] * (loading**2 * spread + between**2)).sum(axis=0)
    se = np.sqrt(np.maximum(variance, 0.0))  # units that all change alike leave a rounding error below 0
    att = (own * change).sum(axis=0) - pooled
    return GroupTime(moments, control_group, anticipation, group, periods[time], time, base, att, se, loading, between)


def covariance(cells: GroupTime, weight: Floats, other: Floats | None = None) -> Floats:
    """Covariance of weighted sums of cells: weight float[a, c] -> float[a, a] (or [a, b] with other float[b, c]).

    Cov(A, B) = sum_k n_k (r_Ak' Sigma_k r_Bk + d_Ak d_Bk): r is the weighted contrast of cohort k over the periods,
    d the weighted distance between the pooled control cohorts. The cell-by-cell table is never formed.
    """
    second = weight if other is None else other
    contrast = _contrast(cells)
    far_left, far_right = cells.between @ weight.T, cells.between @ second.T
    out = np.zeros((len(weight), len(second)))
    for k, n in enumerate(cells.moments.n):
        left = (weight * cells.loading[k]) @ contrast
        right = left if other is None else (second * cells.loading[k]) @ contrast
        out += n * (left @ cells.moments.cov[k] @ right.T + np.outer(far_left[k], far_right[k]))
    return out


def _contrast(cells: GroupTime) -> Floats | sparse.csr_array:
    """e_time - e_base of every cell: [c, T]; sparse where large, because dense products crawl where threads compete."""
    positions = np.arange(len(cells.moments.periods))
    if len(cells.att) * len(positions) < 20_000:
        return (cells.time[:, None] == positions).astype(np.float64) - (cells.base[:, None] == positions)
    rows, ones = np.tile(np.arange(len(cells.att)), 2), np.ones(len(cells.att))
    columns = np.concatenate([cells.time, cells.base])
    return sparse.csr_array((np.concatenate([ones, -ones]), (rows, columns)), shape=(len(ones), len(positions)))


def degrees_of_freedom(cells: GroupTime, weight: Floats) -> Floats:
    """Satterthwaite df of weighted sums: (sum_k v_k)^2 / sum_k v_k^2/(n_k - 1), v_k the cohort's own variance.

    weight: float[a, c] -> float[a]; NaN without variation. With few units a cohort the normal interval is too short;
    with many the two agree.
    """
    contrast, total, bottom = _contrast(cells), np.zeros(len(weight)), np.zeros(len(weight))
    for k, n in enumerate(cells.moments.n):
        rows = (weight * cells.loading[k]) @ contrast
        part = n * ((rows @ cells.moments.cov[k]) * rows).sum(axis=1)
        total += part
        if n > 1:
            bottom += part**2 / (n - 1)
    return np.asarray(np.divide(total**2, bottom, out=np.full(len(weight), math.nan), where=bottom > 0))


def post_stratify(estimates: Floats, se: Floats, treated: Floats, *, level: float = CI_LEVEL) -> Estimate:
    """Treated-share average over strata: w = n_s/n, est = sum w e, Var = sum w^2 se^2 + (sum w e^2 - est^2)/n.

    estimates, se, treated units: float[strata]. The last term is there because the shares are estimated.
    """
    share = treated / treated.sum()
    estimate = float(share @ estimates)
    weights = max(0.0, float(share @ estimates**2) - estimate**2) / float(treated.sum())
    return estimate_from_se(estimate, math.sqrt(float(share**2 @ se**2) + weights), level=level)
