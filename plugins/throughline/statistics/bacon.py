"""Goodman-Bacon (2021) decomposition of two-way fixed effects: a warning number, never an estimate to publish.

`forbidden_weight` is the share of the regression that compares later-treated with already-treated units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from throughline.statistics.estimate import Floats
from throughline.statistics.staggered import NEVER, CohortMoments


@dataclass(frozen=True)
class Decomposition:
    """Weights add up to 1; twfe is the regression coefficient on treated unit-periods, in outcome units."""

    twfe: float
    weight_never: float
    weight_earlier_vs_later: float
    forbidden_weight: float


def _mean(row: Floats, low: int, high: int) -> float:
    return float(row[low:high].mean())


def decompose(moments: CohortMoments) -> Decomposition:
    """Weights of all 2x2 comparisons of a balanced panel, eq. (10) of Goodman-Bacon, before dividing by their sum.

    With shares n, treated time D, pair share n_k/(n_k + n_l) = r: against never treated (n_k + n_u)^2 r(1-r) D(1-D);
    earlier k against later l ((n_k + n_l)(1-D_l))^2 r(1-r) (D_k-D_l)(1-D_k)/(1-D_l)^2; later against earlier
    ((n_k + n_l) D_k)^2 r(1-r) D_l (D_k-D_l)/D_k^2. Uses only cohort sizes, starts and means.
    """
    count, start = len(moments.periods), np.searchsorted(moments.periods, moments.cohort)
    share = [float(x) / moments.n_units for x in moments.n]
    treated = [k for k in range(len(moments.cohort)) if moments.cohort[k] != NEVER and start[k] < count]
    time = {k: (count - int(start[k])) / count for k in treated}
    pieces: list[tuple[str, float, float]] = []
    for k in treated:
        a, mean = int(start[k]), moments.mean
        for u in np.flatnonzero(moments.cohort == NEVER):
            own = _mean(mean[k], a, count) - _mean(mean[k], 0, a)
            other = _mean(mean[u], a, count) - _mean(mean[u], 0, a)
            pieces.append(("never", share[k] * share[u] * time[k] * (1 - time[k]), own - other))
        for late in treated:
            b = int(start[late])
            if b <= a:
                continue
            gap, pair = time[k] - time[late], share[k] * share[late]
            early = _mean(mean[k], a, b) - _mean(mean[k], 0, a) - _mean(mean[late], a, b) + _mean(mean[late], 0, a)
            pieces.append(("earlier", pair * gap * (1 - time[k]), early))
            after = _mean(mean[late], b, count) - _mean(mean[late], a, b)
            pieces.append(("later", pair * time[late] * gap, after - _mean(mean[k], b, count) + _mean(mean[k], a, b)))
    total = sum(weight for _, weight, _ in pieces)
    if not total:
        return Decomposition(math.nan, math.nan, math.nan, math.nan)
    kinds = {kind: sum(w for k, w, _ in pieces if k == kind) / total for kind in ("never", "earlier", "later")}
    twfe = sum(weight * value for _, weight, value in pieces) / total
    return Decomposition(twfe, kinds["never"], kinds["earlier"], kinds["later"])
