"""Durations with open cases: Kaplan-Meier, RMST, stratified log-rank and Aalen-Johansen, all from counts per day.

Inputs are float[k] arrays over times t: events (or won and lost) and censored at t; at one time events come before
censorings. Closed-deal averages lie: with a true median of 60 days a 180-day export shows 47 among closed deals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from throughline.statistics.estimate import CI_LEVEL, Bools, Estimate, Floats, estimate_from_se, quantile

MIN_AT_RISK = 10


@dataclass(frozen=True)
class Curve:
    """One entry per time with an event or a censoring, ascending. survival is S(t) just after t, se Greenwood's."""

    t: Floats
    at_risk: Floats
    events: Floats
    survival: Floats
    se: Floats


@dataclass(frozen=True)
class LogRank:
    """observed - expected events of arm 1, its variance, and chi2(1)."""

    excess: float
    variance: float
    statistic: float
    p_value: float


def _by_time(t: npt.ArrayLike, *counts: npt.ArrayLike) -> tuple[Floats, ...]:
    """Sorted distinct times and the counts added up at each: shards and row order do not matter."""
    times, index = np.unique(np.asarray(t, dtype=np.float64), return_inverse=True)
    added: list[Floats] = [
        np.bincount(index, np.asarray(c, dtype=np.float64), len(times)).astype(np.float64) for c in counts
    ]
    kept = np.sum(added, axis=0) > 0
    return times[kept], *(values[kept] for values in added)


def _at_risk(leaving: Floats) -> Floats:
    return np.asarray(np.cumsum(leaving[::-1])[::-1], dtype=np.float64)


def kaplan_meier(t: npt.ArrayLike, events: npt.ArrayLike, censored: npt.ArrayLike) -> Curve:
    """Kaplan & Meier (1958): S = prod(1 - d/n); Greenwood se = S sqrt(sum d/(n(n - d))), 0 once S is 0."""
    times, d, c = _by_time(t, events, censored)
    n = _at_risk(d + c)
    left = n - d
    survival: Floats = np.asarray(np.cumprod(left / n), dtype=np.float64)
    terms = np.divide(d, n * left, out=np.zeros_like(n), where=left > 0)
    return Curve(times, n, d, survival, survival * np.sqrt(np.cumsum(terms)))


def survival_at(curve: Curve, t: float, *, level: float = CI_LEVEL) -> Estimate:
    """S(t) with the log-transformed Greenwood interval S exp(+- z se/S), capped at 1."""
    place = int(np.searchsorted(curve.t, t, side="right")) - 1
    if not len(curve.t):
        return _nothing(level)
    if place < 0:
        return Estimate(1.0, 0.0, 1.0, 1.0, math.nan, ci_level=level, ci_method="log")
    s, se = float(curve.survival[place]), float(curve.se[place])
    low, high = _log_limits(np.array([s]), np.array([se]), level)
    return Estimate(s, se, float(low[0]), float(high[0]), math.nan, ci_level=level, ci_method="log")


def _nothing(level: float) -> Estimate:
    """Nobody was followed: no number at all, not 0 and not 1."""
    return estimate_from_se(math.nan, math.nan, level=level)


def _log_limits(s: Floats, se: Floats, level: float) -> tuple[Floats, Floats]:
    """Greenwood says nothing at 0: there the interval is [0, 1], as R leaves it open."""
    ratio = np.divide(se, s, out=np.zeros_like(s), where=s > 0)
    half = quantile(0.5 + level / 2) * ratio
    return s * np.exp(-half), np.where(s > 0, np.minimum(1.0, s * np.exp(half)), 1.0)


def at_risk_at(curve: Curve, t: float) -> float:
    """Cases still followed just before t."""
    place = int(np.searchsorted(curve.t, t, side="left"))
    return float(curve.at_risk[place]) if place < len(curve.t) else 0.0


def quantile_time(
    curve: Curve, share: float = 0.5, *, level: float = CI_LEVEL
) -> tuple[float | None, float | None, float | None]:
    """(time, low, high) at which `share` have had the event; None where it is not reached, never the longest time.

    Limits: the times at which the log-transformed band crosses 1 - share (Brookmeyer & Crowley 1982, R's default).
    """
    low, high = _log_limits(curve.survival, curve.se, level)
    rest = 1 - share + 1e-9

    def reached(values: Floats) -> float | None:
        places = np.flatnonzero(values <= rest)
        return float(curve.t[places[0]]) if len(places) else None

    return reached(curve.survival), reached(low), reached(high)


def rmst(curve: Curve, horizon: float, *, level: float = CI_LEVEL) -> Estimate:
    """Restricted mean: area under S up to `horizon`; Var = sum A_k^2 d_k/(n_k(n_k - d_k)), A_k = area from t_k on.

    In the unit of t (Uno et al. 2014). The horizon must lie where enough cases are still followed.
    """
    if not len(curve.t):
        return _nothing(level)
    inside = curve.t < horizon
    edges = np.concatenate([[0.0], curve.t[inside], [horizon]])
    height = np.concatenate([[1.0], curve.survival[inside]])
    pieces = np.diff(edges) * height
    remaining = _at_risk(pieces)[1:]
    n, d = curve.at_risk[inside], curve.events[inside]
    terms = np.divide(d, n * (n - d), out=np.zeros_like(n), where=n > d)
    se = math.sqrt(float((remaining**2 * terms).sum()))
    return estimate_from_se(float(pieces.sum()), se, level=level, method="rmst")


def common_horizon(one: Curve, other: Curve, *, at_risk: float = MIN_AT_RISK) -> float | None:
    """The smaller of the arms' last times with at least `at_risk` cases still followed; None if there is none."""
    last = []
    for curve in (one, other):
        places = np.flatnonzero(curve.at_risk >= at_risk)
        if not len(places):
            return None
        last.append(float(curve.t[places[-1]]))
    return min(last)


def rmst_difference(treated: Curve, control: Curve, horizon: float, *, level: float = CI_LEVEL) -> Estimate:
    """RMST of the treated minus that of the control: z = difference/sqrt(v1 + v0)."""
    one, other = rmst(treated, horizon), rmst(control, horizon)
    se = math.hypot(one.se, other.se)
    return estimate_from_se(one.estimate - other.estimate, se, level=level, method="rmst")


def log_rank(
    stratum: npt.ArrayLike, arm: npt.ArrayLike, t: npt.ArrayLike, events: npt.ArrayLike, censored: npt.ArrayLike
) -> LogRank:
    """Stratified log-rank test of arm 1 against arm 0 (Mantel 1966): one row per stratum x arm x t, shards add up.

    Per time: E = d n1/n, V = d (n1/n)(n0/n)(n - d)/(n - 1), added over times and strata; chi2(1) = (O - E)^2/V.
    """
    strata, arms = np.asarray(stratum), np.asarray(arm, dtype=np.int64)
    times, d_all = np.asarray(t, dtype=np.float64), np.asarray(events, dtype=np.float64)
    c_all = np.asarray(censored, dtype=np.float64)
    excess = variance = 0.0
    for one in np.unique(strata):
        chosen = strata == one
        index = arms[chosen]
        _, d, d1, out, out1 = _by_time(
            times[chosen],
            d_all[chosen],
            d_all[chosen] * index,
            (d_all + c_all)[chosen],
            (d_all + c_all)[chosen] * index,
        )
        n, n1 = _at_risk(out), _at_risk(out1)
        excess += float((d1 - d * n1 / n).sum())
        more = n > 1
        n, n1, d = n[more], n1[more], d[more]
        variance += float((d * (n1 / n) * (1 - n1 / n) * (n - d) / (n - 1)).sum())
    if variance <= 0:
        return LogRank(excess, variance, math.nan, math.nan)
    statistic = excess**2 / variance
    return LogRank(excess, variance, statistic, float(special.chdtrc(1, statistic)))


def aalen_johansen(
    t: npt.ArrayLike,
    won: npt.ArrayLike,
    lost: npt.ArrayLike,
    censored: npt.ArrayLike,
    horizon: float,
    *,
    level: float = CI_LEVEL,
) -> Estimate:
    """Cumulative incidence of "won" by `horizon` with "lost" competing: F = sum_{t <= h} S(t-) d_won/n.

    Var = sum_{t_k <= h} [(F - F_k)^2 d/(n(n - d)) + S_{k-1}^2 (n - d1) d1/n^3 - 2 (F - F_k) S_{k-1} d1/n^2]
    (Marubini & Valsecchi 1995); without censoring it is F(1 - F)/n. Log-transformed interval. 1 - KM with lost deals
    censored would overstate winning.
    """
    times, d1, d2, c = _by_time(t, won, lost, censored)
    if not len(times):
        return _nothing(level)
    d = d1 + d2
    n = _at_risk(d + c)
    inside: Bools = (times <= horizon) & (d > 0)
    survival = np.cumprod(1 - d / n)
    before = np.concatenate([[1.0], survival[:-1]])[inside]
    d, d1, n = d[inside], d1[inside], n[inside]
    steps = before * d1 / n
    share = float(steps.sum())
    rest = share - np.cumsum(steps)
    greenwood = np.divide(d, n * (n - d), out=np.zeros_like(n), where=n > d)
    terms = rest**2 * greenwood + before**2 * (n - d1) * d1 / n**3 - 2 * rest * before * d1 / n**2
    se = math.sqrt(max(0.0, float(terms.sum())))
    low, high = _log_limits(np.array([share]), np.array([se]), level)
    return Estimate(share, se, float(low[0]), float(high[0]), math.nan, ci_level=level, ci_method="log")


def incidence_difference(treated: Estimate, control: Estimate) -> Estimate:
    """Difference of two independent shares (as from aalen_johansen), z test."""
    se = math.hypot(treated.se, control.se)
    return estimate_from_se(treated.estimate - control.estimate, se, level=treated.ci_level, method="aalen_johansen")
