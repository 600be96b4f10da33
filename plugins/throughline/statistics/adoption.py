"""Bass diffusion: the curve, its fit, and the reasons not to forecast from it (BASS_UNSTABLE).

F(t) = (1 - e^-(p+q)t)/(1 + (q/p) e^-(p+q)t), hazard f/(1-F) = p + q F; p is the push from outside, q the pull of peers.
Time is in periods (ISO weeks) since the start; adoptions are new adopters per period. Before the peak a free market
size is fiction: with the first 6 years of room air conditioners it comes out as 4,754, with 13 as 18,713.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize

from throughline.statistics.estimate import Floats

MIN_PERIODS = 8
MAX_PEAK_MOVE = 0.25
MAX_SE_M = 0.25
POLISHED = 4  # of the starts, those with the smallest sum of squares
STARTS = tuple((p, q) for p in (0.0005, 0.005, 0.03) for q in (0.05, 0.2, 0.5))


@dataclass(frozen=True)
class BassFit:
    """p, q per period; m people. `cov` is that of (log p, log q[, log m]); residual float[n] in people."""

    p: float
    q: float
    m: float
    se_p: float
    se_q: float
    se_m: float
    cov: Floats
    residual: Floats
    is_m_free: bool

    @property
    def peak(self) -> float | None:
        return peak_time(self.p, self.q)


def bass_share(t: npt.ArrayLike, p: float | Floats, q: float | Floats) -> Floats:
    """F(t), the share of the market that has adopted by t."""
    decay = np.exp(-(p + q) * np.asarray(t, dtype=np.float64))
    return np.asarray((1 - decay) / (1 + q / p * decay))


def peak_time(p: float, q: float) -> float | None:
    """T* = ln(q/p)/(p + q); None if q <= p: then adoption only falls."""
    return math.log(q / p) / (p + q) if q > p > 0 else None


def peak_share(p: float, q: float) -> float:
    """F(T*) = 1/2 - p/(2q)."""
    return 0.5 - p / (2 * q)


def peak_rate(p: float, q: float, m: float) -> float:
    """Adopters per period at the peak: m (p + q)^2/(4 q)."""
    return m * (p + q) ** 2 / (4 * q)


def time_to_share(share: float, p: float, q: float) -> float:
    """t(F) = ln((1 + (q/p) F)/(1 - F))/(p + q)."""
    return math.log((1 + q / p * share) / (1 - share)) / (p + q) if share < 1 else math.inf


def external_share(share: float, p: float, q: float) -> float:
    """(p/q) ln(1 + (q/p) F)/F: part of the adoption so far that the push from outside describes. Descriptive."""
    return p / q * math.log1p(q / p * share) / share


def _share_by(t: Floats, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """F, dF/dlog p and dF/dlog q at t, theta = (log p, log q, ...)."""
    p, q = math.exp(theta[0]), math.exp(theta[1])
    decay, r = np.exp(-(p + q) * t), q / p
    bottom = 1 + r * decay
    by_decay, by_r = -(1 + r) / bottom**2, -(1 - decay) * decay / bottom**2
    return (1 - decay) / bottom, -by_decay * p * t * decay - by_r * r, -by_decay * q * t * decay + by_r * r


def fit(adoptions: Floats, *, m: float | None = None) -> BassFit:
    """Nonlinear least squares (Srinivasan & Mason 1986): S_i = m (F(t_i) - F(t_{i-1})) + e_i; log p, log q (log m).

    adoptions: float[n], n > parameters. Several starts, the smallest sum of squares wins; cov = s^2 (J'J)^-1.
    """
    sales, edges, free = np.asarray(adoptions, dtype=np.float64), np.arange(len(adoptions) + 1.0), m is None
    size = math.log(max(1.0, 1.5 * float(sales.sum()))) if m is None else math.log(m)

    def miss(theta: Floats) -> Floats:
        return np.asarray(math.exp(theta[2] if free else size) * np.diff(_share_by(edges, theta)[0]) - sales)

    def slope(theta: Floats) -> Floats:
        share, by_p, by_q = (np.diff(v) for v in _share_by(edges, theta))
        m_now = math.exp(theta[2] if free else size)
        columns = [m_now * by_p, m_now * by_q, m_now * share]
        return np.column_stack(columns if free else columns[:2])

    starts = [np.array([math.log(p), math.log(q), size][: 2 + free]) for p, q in STARTS]
    starts.sort(key=lambda theta: float((miss(theta) ** 2).sum()))
    low, high = [-20.0, -12.0, 0.0][: 2 + free], [0.0, 1.5, 25.0][: 2 + free]
    runs = [
        optimize.least_squares(miss, x, slope, (low, high), x_scale="jac", ftol=1e-12, xtol=1e-12, gtol=1e-12)
        for x in starts[:POLISHED]
    ]
    best = min(runs, key=lambda found: float(found.cost))
    degrees = len(sales) - len(best.x)
    spread = 2 * best.cost / degrees if degrees > 0 else math.nan
    cov = spread * np.linalg.pinv(best.jac.T @ best.jac)
    p, q, size_m = (math.exp(v) for v in (best.x[0], best.x[1], best.x[2] if free else size))
    errors = np.sqrt(np.clip(np.diag(cov), 0, None))
    se_m = size_m * float(errors[2]) if free else 0.0
    return BassFit(p, q, size_m, p * float(errors[0]), q * float(errors[1]), se_m, cov, -miss(best.x), free)


def fit_ols(adoptions: Floats) -> tuple[float, float, float]:
    """(p, q, m) of Bass (1969): S_t = a + b Y_{t-1} + c Y_{t-1}^2. A diagnostic: biased, p may come out below 0."""
    sales = np.asarray(adoptions, dtype=np.float64)
    before = np.concatenate([[0.0], np.cumsum(sales)[:-1]])
    scale = max(1.0, float(before.max()))
    x = before / scale
    (a, b, c), *_ = np.linalg.lstsq(np.column_stack([np.ones_like(x), x, x**2]), sales, rcond=None)
    b, c = float(b) / scale, float(c) / scale**2
    root = b**2 - 4 * float(a) * c
    if c >= 0 or root < 0:
        return math.nan, math.nan, math.nan
    m = (-b - math.sqrt(root)) / (2 * c)
    return float(a) / m, -c * m, m


def assess(adoptions: Floats, *, m: float | None = None) -> tuple[BassFit | None, tuple[str, ...]]:
    """(fit, reasons for BASS_UNSTABLE); no reason: a forecast may be made.

    Fewer than 8 periods; p or q at 0; T* moves by more than 25 % without the last period; with m free also T* not yet
    passed or se(m)/m above 25 %.
    """
    if len(adoptions) < MIN_PERIODS:
        return None, ("fewer than 8 periods",)
    whole, less = fit(adoptions, m=m), fit(adoptions[:-1], m=m)
    reasons = []
    if whole.p < 1e-7 or whole.q < 1e-4:
        reasons.append("p or q is not above 0")
    now, then = whole.peak or 0.0, less.peak or 0.0
    if abs(now - then) > MAX_PEAK_MOVE * max(now, 1e-9):
        reasons.append("the peak moves by more than 25 % without the last period")
    if whole.is_m_free:
        if now > len(adoptions):
            reasons.append("market size left free before the peak")
        if not whole.se_m <= MAX_SE_M * whole.m:
            reasons.append("market size is known to worse than 25 %")
    return whole, tuple(reasons)
