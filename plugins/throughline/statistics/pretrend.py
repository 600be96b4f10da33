"""Were the groups parallel before? Joint test, what it could have missed, and how large a break would erase the result.

A passed test is weak evidence (Roth 2022): the minimum detectable linear violation stands beside every p.
Left out: full sensitivity bounds of Rambachan & Roth (2023); `breakdown` is a plug-in heuristic and is labelled so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import optimize, special

from throughline.statistics.aggregates import Weighting, covariances, event_weightings
from throughline.statistics.estimate import CI_LEVEL, POWER, Estimate, Floats, estimate_from_se
from throughline.statistics.staggered import NEVER, GroupTime, degrees_of_freedom

UNITS_PER_LEAD = 10  # a quadratic form in more leads than a tenth of the units rejects far too often
FEWEST_LEADS = 3


@dataclass(frozen=True)
class Pretrend:
    """stat ~ chi2(df) under parallel one-period changes. p_value_f allows for few units; use it below 40 a cohort.

    mdv: outcome units per period, the linear drift found with 80 % power; jumps: float[leads], the changes by event
    time; last_lead: the change just before the start; pre_periods_count: periods that at least half of the treated
    units were seen before their start.
    """

    stat: float
    df: int
    p_value: float
    p_value_f: float
    mdv: float
    basis: Literal["cells", "event_time", "none"]
    last_lead: Estimate | None
    jumps: Floats
    pre_periods_count: int


def noncentrality(df: int, *, level: float = CI_LEVEL, power: float = POWER) -> float:
    """lambda with P(chi2(df, lambda) > chi2 quantile(level)) = power; 12.83 at 5 df."""
    critical = float(special.chdtri(df, 1 - level))
    return float(optimize.brentq(lambda x: special.chndtr(critical, df, x) - (1 - power), 1e-8, 1e4))


def pre_periods(cells: GroupTime) -> int:
    """Largest m so that cohorts with m or more periods before start (and anticipation) hold half the treated units."""
    moments = cells.moments
    treated = moments.cohort != NEVER
    if not treated.any():
        return 0
    seen = np.searchsorted(moments.periods, moments.cohort[treated] - cells.anticipation)
    order = np.argsort(-seen)
    held = np.cumsum(moments.n[treated][order]) / moments.n[treated].sum()
    return int(seen[order][np.flatnonzero(held >= 0.5)[0]])


def _wald(values: Floats, cov: Floats) -> tuple[float, float] | None:
    """(a'V^-1 a, 1'V^-1 1), or None where V cannot be inverted."""
    scale = np.sqrt(np.diag(cov))
    if (scale <= 0).any():
        return None
    correlation = cov / np.outer(scale, scale)
    if np.linalg.cond(correlation) > 1e10:
        return None
    solved = np.linalg.solve(correlation, np.column_stack([values / scale, 1 / scale]))
    return float(values / scale @ solved[:, 0]), float(1 / scale @ solved[:, 1])


def _leads(cells: GroupTime) -> list[tuple[int, Weighting]]:
    chosen = [(e, w) for e, w in event_weightings(cells).items() if e < -cells.anticipation]
    return sorted(chosen, key=lambda pair: -pair[0])


def pretrend(cells: GroupTime) -> Pretrend:
    """W = a'V^-1 a over all ATT(g,t) before treatment (one-period changes); MDV = sqrt(lambda/(1'V^-1 1)).

    With more cells than a tenth of a cohort's units the changes are first averaged by event time and only the nearest
    ones kept (at least three): otherwise V is estimated from too few units and the test rejects far too often.
    """
    leads, periods = _leads(cells), pre_periods(cells)
    jumps = np.array([w.weight @ cells.att for _, w in leads])
    if not leads:
        return Pretrend(math.nan, 0, math.nan, math.nan, math.nan, "none", None, jumps, periods)
    last = _estimate(cells, leads[0][1])
    moments, pre = cells.moments, np.flatnonzero(cells.is_pre)
    units = {int(g): n for g, n in zip(moments.cohort, moments.n, strict=True)}
    groups, counts = np.unique(cells.group[pre], return_counts=True)
    if all(count <= units[int(g)] / UNITS_PER_LEAD for g, count in zip(groups, counts, strict=True)):
        rows = [Weighting(row, np.zeros(len(moments.n))) for row in np.eye(len(cells.att))[pre]]
        found = _test(cells, rows)
        if found is not None:
            return Pretrend(*found, "cells", last, jumps, periods)
    treated = float(moments.n[moments.cohort != NEVER].sum())
    kept = leads[: max(FEWEST_LEADS, int(treated // UNITS_PER_LEAD))]
    found = _test(cells, [w for _, w in kept])
    if found is None:
        return Pretrend(math.nan, 0, math.nan, math.nan, math.nan, "none", last, jumps, periods)
    return Pretrend(*found, "event_time", last, jumps, periods)


def _estimate(cells: GroupTime, weighting: Weighting) -> Estimate:
    se = math.sqrt(max(0.0, float(covariances(cells, [weighting])[0, 0])))
    df = float(degrees_of_freedom(cells, weighting.weight[None, :])[0])
    return estimate_from_se(float(weighting.weight @ cells.att), se, df=df, method="t_satterthwaite")


def _test(cells: GroupTime, rows: list[Weighting]) -> tuple[float, int, float, float, float] | None:
    """(stat, df, p, p_f, mdv). p_f: Hotelling's T2 as F(df, v - df + 1), v the smallest Satterthwaite df."""
    values = np.array([row.weight @ cells.att for row in rows])
    parts = _wald(values, covariances(cells, rows))
    if parts is None:
        return None
    stat, ones = parts
    df = len(values)
    smallest = float(degrees_of_freedom(cells, np.array([row.weight for row in rows])).min())
    left = smallest - df + 1
    scaled = stat * smallest / (smallest + 1) * left / (smallest * df)
    p_f = float(special.fdtrc(df, left, scaled)) if left > 0 else math.nan
    mdv = math.sqrt(noncentrality(df) / ones)
    return stat, df, float(special.chdtrc(df, stat)), p_f, mdv


def breakdown(first: Estimate, jumps: Floats) -> float:
    """M* = (abs(est_0) - 1.96 se_0)/max abs(pre change): how many times the worst jump before erases the first effect.

    first: the estimate at event time 0. A heuristic: it ignores the sampling error of the jumps. NaN without jumps.
    """
    if not len(jumps) or not math.isfinite(first.se):
        return math.nan
    worst = float(np.abs(jumps).max())
    room = abs(first.estimate) - float(special.ndtri(0.975)) * first.se
    return room / worst if worst > 0 else math.copysign(math.inf, room)
