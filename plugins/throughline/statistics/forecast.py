"""Adoption forecasts with a known market: eligible people x a ceiling, never a market size fitted before the peak.

Peak and saturation dates are refused until the peak has passed; before, only the crossing of 16 % is given, as the
range over three ceilings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from throughline.statistics.adoption import BassFit, assess, bass_share, external_share
from throughline.statistics.estimate import Floats

SEED = 20_260_302
DRAWS = 2_000
CEILINGS = (0.6, 0.8, 1.0)
CROSSING = 0.16
FARTHEST_PERIOD = 520


@dataclass(frozen=True)
class Forecast:
    """One entry per future period: period int[h] counted from the start; cumulative adopters float[h].

    t16_*: period in which 16 % of the eligible are reached; infinite where a draw never gets there.
    """

    period: npt.NDArray[np.int64]
    median: Floats
    low_80: Floats
    high_80: Floats
    low_95: Floats
    high_95: Floats
    t16_median: float
    t16_low_80: float
    t16_high_80: float
    peak: float | None


def overdispersion(found: BassFit, adoptions: Floats) -> float:
    """phi = sum of squared Pearson residuals/(n - parameters) of a binomial out of those not yet in; at least 1."""
    sales = np.asarray(adoptions, dtype=np.float64)
    share = bass_share(np.arange(len(sales) + 1.0), found.p, found.q)
    expected, hazard = found.m * np.diff(share), np.diff(share) / (1 - share[:-1])
    degrees = len(sales) - len(found.cov)
    return (
        max(1.0, float(((sales - expected) ** 2 / (expected * (1 - hazard))).sum()) / degrees) if degrees > 0 else 1.0
    )


def forecast(
    adoptions: Floats, *, eligible: float, ceiling: float = 1.0, horizon: int = 52, draws: int = DRAWS, seed: int = SEED
) -> Forecast | None:
    """Parametric bootstrap with m = eligible x ceiling fixed; None where `assess` gives a reason.

    (log p, log q) ~ N(estimate, cov); then new_t ~ Beta-Binomial(m - N_{t-1}, hazard, phi), the hazard being Bass's
    over one period from the share reached so far. The peak is given only once it has passed.
    """
    sales, m = np.asarray(adoptions, dtype=np.float64), round(eligible * ceiling)
    found, reasons = assess(sales, m=m) if m > sales.sum() else (None, ())
    if found is None or reasons:
        return None
    rng = np.random.default_rng(seed)
    phi, seen, target = overdispersion(found, sales), len(sales), CROSSING * eligible
    logs = rng.multivariate_normal([math.log(found.p), math.log(found.q)], found.cov, draws, method="eigh")
    p, q = np.exp(np.clip(logs, -20.0, 1.5)).T
    total = np.full(draws, float(sales.sum()))
    reached = np.full(draws, first_crossing(np.cumsum(sales), target))
    paths = np.empty((horizon, draws))
    for step in range(max(horizon, FARTHEST_PERIOD - seen)):
        if step >= horizon and not np.isinf(reached).any():
            break
        share = total / m
        decay = np.exp(-(p + q)) * (1 - share) / (1 + q / p * share)
        after = (1 - decay) / (1 + q / p * decay)
        hazard = np.clip((after - share) / np.maximum(1 - share, 1e-12), 1e-12, 1 - 1e-12)
        left = np.round(m - total)
        rho = np.clip((phi - 1) / np.maximum(left - 1, 1), 1e-9, 0.5)
        if phi > 1:
            hazard = rng.beta(hazard * (1 - rho) / rho, (1 - hazard) * (1 - rho) / rho)
        new = rng.binomial(left.astype(np.int64), np.clip(hazard, 0.0, 1.0)).astype(np.float64)
        crossing = np.isinf(reached) & (total + new >= target)
        reached[crossing] = seen + step + (target - total[crossing]) / new[crossing]
        total = total + new
        if step < horizon:
            paths[step] = total
    bands = np.quantile(paths, [0.025, 0.1, 0.5, 0.9, 0.975], axis=1)
    early, middle, late = (float(np.quantile(reached, s, method="inverted_cdf")) for s in (0.1, 0.5, 0.9))
    peak = found.peak if found.peak is not None and found.peak <= seen else None
    period = np.arange(seen + 1, seen + horizon + 1)
    return Forecast(period, bands[2], bands[1], bands[3], bands[0], bands[4], middle, early, late, peak)


def external_interval(found: BassFit, share: float, *, draws: int = DRAWS, seed: int = SEED) -> tuple[float, float]:
    """95 % interval of `external_share` at `share` of the market, by draws of (log p, log q) ~ N(estimate, cov)."""
    rng = np.random.default_rng(seed)
    logs = rng.multivariate_normal([math.log(found.p), math.log(found.q)], found.cov[:2, :2], draws, method="eigh")
    values = [external_share(share, *pair) for pair in np.exp(np.clip(logs, -20.0, 1.5))]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def first_crossing(cumulative: Floats, target: float) -> float:
    """Period (with its fraction) in which the observed total reached the target; infinite if it has not."""
    places = np.flatnonzero(cumulative >= target)
    if not len(places):
        return math.inf
    i = int(places[0])
    before = float(cumulative[i - 1]) if i else 0.0
    return i + (target - before) / (float(cumulative[i]) - before)


def t16_range(
    adoptions: Floats, *, eligible: float, ceilings: Sequence[float] = CEILINGS, draws: int = DRAWS, seed: int = SEED
) -> tuple[float, float] | None:
    """(earliest, latest) period of reaching 16 % of the eligible: the ceilings' 80 % intervals taken together.

    None unless every ceiling allows a forecast; the latest may be infinite.
    """
    found = [forecast(adoptions, eligible=eligible, ceiling=c, horizon=1, draws=draws, seed=seed) for c in ceilings]
    known = [f for f in found if f is not None]
    if not known or len(known) < len(found):
        return None
    return min(f.t16_low_80 for f in known), max(f.t16_high_80 for f in known)
