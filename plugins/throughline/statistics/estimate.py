"""Estimate: one number with its standard error, interval and p-value; the common currency of this package.

A degenerate standard error (0, NaN or infinite) gives NaN for interval and p-value, so that a lack of variation never
looks like certainty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

CI_LEVEL = 0.95
POWER = 0.80
SEQUENTIAL = "confidence_sequence"


@dataclass(frozen=True)
class Estimate:
    """One estimate in the outcome's unit. `df` is infinite where the normal distribution is used."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p_value: float
    df: float = math.inf
    ci_level: float = CI_LEVEL
    ci_method: str = "normal"

    @property
    def mde_80(self) -> float:
        """Smallest difference that the interval finds with 80 % power: half its width and q(.80) se."""
        if self.ci_method == SEQUENTIAL:
            return self.ci_high - self.estimate + minimum_detectable(self.se, self.df, level=0.0)
        return minimum_detectable(self.se, self.df, level=self.ci_level)

    def scaled(self, factor: float) -> Estimate:
        """The same estimate with its standard error multiplied by `factor` (a root of a design effect)."""
        wider = estimate_from_se(self.estimate, self.se * factor, df=self.df, level=self.ci_level)
        return replace(wider, ci_method=self.ci_method)


def quantile(probability: float, df: float = math.inf) -> float:
    """Quantile of t with `df` degrees of freedom; of the normal where df is infinite."""
    return float(special.ndtri(probability) if math.isinf(df) else special.stdtrit(df, probability))


def two_sided_p(statistic: float, df: float = math.inf) -> float:
    """P(abs(T) >= abs(statistic)) for T ~ t(df), normal where df is infinite."""
    size = abs(statistic)
    return float(2 * (special.ndtr(-size) if math.isinf(df) else special.stdtr(df, -size)))


def estimate_from_se(
    estimate: float, se: float, *, df: float = math.inf, level: float = CI_LEVEL, method: str | None = None
) -> Estimate:
    """estimate +- q(1 - a/2) se, with q of t(df) or the normal. Degenerate se: NaN interval and p."""
    named = method or ("normal" if math.isinf(df) else "t")
    if not (math.isfinite(estimate) and math.isfinite(se) and se > 0 and df > 0):
        return Estimate(estimate, se, math.nan, math.nan, math.nan, df, level, named)
    half = quantile(0.5 + level / 2, df) * se
    return Estimate(estimate, se, estimate - half, estimate + half, two_sided_p(estimate / se, df), df, level, named)


def minimum_detectable(se: float, df: float = math.inf, *, level: float = CI_LEVEL, power: float = POWER) -> float:
    """(q(.975) + q(.80)) se = 2.8016 se at 95 % and 80 %; t quantiles when df < 30."""
    used = df if df < 30 else math.inf
    return (quantile(0.5 + level / 2, used) + quantile(power, used)) * se if used > 0 else math.nan
