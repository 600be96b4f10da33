"""Drawn by lot, or adjusted: differences from moments, ratio metrics, sample ratio, multiplicity, hidden confounding.

All from counts and sums; `Arm` holds one arm's rows of `agg_arm_moments`. Sums may be of y - shift: differences do not
change. Adjustment in observational data is plain adjustment, no licence for stronger words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from throughline.statistics.estimate import CI_LEVEL, Estimate, Floats, estimate_from_se


@dataclass(frozen=True)
class Arm:
    """n units with covariate x (before exposure), outcome y and, for ratio metrics y/d, denominator d. Arms add up."""

    n: float
    sum_y: float
    sum_yy: float
    sum_x: float = 0.0
    sum_xx: float = 0.0
    sum_xy: float = 0.0
    sum_d: float = 0.0
    sum_dd: float = 0.0
    sum_yd: float = 0.0

    def __add__(self, other: Arm) -> Arm:
        return Arm(*(a + b for a, b in zip(self._values(), other._values(), strict=True)))

    def _values(self) -> tuple[float, ...]:
        return (
            self.n, self.sum_y, self.sum_yy, self.sum_x, self.sum_xx, self.sum_xy, self.sum_d, self.sum_dd, self.sum_yd
        )  # fmt: skip

    @property
    def mean_y(self) -> float:
        return self.sum_y / self.n

    @property
    def mean_x(self) -> float:
        return self.sum_x / self.n

    @property
    def s_yy(self) -> float:
        """Centred sum of squares of y."""
        return max(0.0, self.sum_yy - self.sum_y**2 / self.n)

    @property
    def s_xx(self) -> float:
        return max(0.0, self.sum_xx - self.sum_x**2 / self.n)

    @property
    def s_xy(self) -> float:
        return self.sum_xy - self.sum_x * self.sum_y / self.n


def mean_difference(treated: Arm, control: Arm, *, level: float = CI_LEVEL) -> Estimate:
    """Welch: mean_1 - mean_0, Var = s_1^2/n_1 + s_0^2/n_0, Satterthwaite df. In the unit of y."""
    if min(treated.n, control.n) < 2:
        return estimate_from_se(math.nan, math.nan, df=math.nan, level=level, method="t_welch")
    parts = [(arm.s_yy / (arm.n - 1) / arm.n, arm.n - 1) for arm in (treated, control)]
    total = sum(v for v, _ in parts)
    bottom = sum(v**2 / f for v, f in parts)
    df = total**2 / bottom if bottom > 0 else math.nan
    return estimate_from_se(treated.mean_y - control.mean_y, math.sqrt(total), df=df, level=level, method="t_welch")


def ancova(treated: Arm, control: Arm, *, level: float = CI_LEVEL) -> Estimate:
    """CUPED with the pooled slope, which is ANCOVA (Deng et al. 2013): est = dY - theta dX, theta = S_xy/S_xx in arms.

    s^2 = (S_yy - theta S_xy)/(n - 3); se = s sqrt(1/n_1 + 1/n_0 + dX^2/S_xx); t with n - 3 df. Equals OLS of y on arm
    and x. Without variation in x: the equal-variance difference with n - 2 df.
    """
    n = treated.n + control.n
    s_xx, s_xy, s_yy = (getattr(treated, s) + getattr(control, s) for s in ("s_xx", "s_xy", "s_yy"))
    dy, dx = treated.mean_y - control.mean_y, treated.mean_x - control.mean_x
    if s_xx <= 0:
        theta, df, lever = 0.0, n - 2, 0.0
    else:
        theta, df, lever = s_xy / s_xx, n - 3, dx**2 / s_xx
    if df <= 0:
        return estimate_from_se(math.nan, math.nan, df=math.nan, level=level, method="ancova")
    spread = max(0.0, s_yy - theta * s_xy) / df
    se = math.sqrt(spread * (1 / treated.n + 1 / control.n + lever))
    return estimate_from_se(dy - theta * dx, se, df=df, level=level, method="ancova")


def ratio(arm: Arm) -> tuple[float, float]:
    """(R, Var R) of R = sum y/sum d by the delta method, units = people or teams (Deng, Knoblich & Lu 2018).

    Var = (s_yy - 2 R s_yd + R^2 s_dd)/(n mean_d^2), s the sample (co)variances.
    """
    if arm.n < 2 or arm.sum_d == 0:
        return math.nan, math.nan
    value, mean_d = arm.sum_y / arm.sum_d, arm.sum_d / arm.n
    s_dd = arm.sum_dd - arm.sum_d**2 / arm.n
    s_yd = arm.sum_yd - arm.sum_y * arm.sum_d / arm.n
    spread = max(0.0, arm.s_yy - 2 * value * s_yd + value**2 * s_dd) / (arm.n - 1)
    return value, spread / (arm.n * mean_d**2)


def ratio_difference(treated: Arm, control: Arm, *, level: float = CI_LEVEL) -> Estimate:
    """R_1 - R_0 of two ratio metrics, z test. Sums of a ratio metric must not be shifted."""
    (r1, v1), (r0, v0) = ratio(treated), ratio(control)
    return estimate_from_se(r1 - r0, math.sqrt(v1 + v0), level=level, method="ratio_delta")


def relative_uplift(treated: Arm, control: Arm, *, level: float = CI_LEVEL) -> Estimate:
    """mean_1/mean_0 - 1 by the delta method: Var = s_1^2/(n_1 m_0^2) + s_0^2 m_1^2/(n_0 m_0^4)."""
    m1, m0 = treated.mean_y, control.mean_y
    if min(treated.n, control.n) < 2 or m0 == 0:
        return estimate_from_se(math.nan, math.nan, level=level, method="relative_delta")
    v1, v0 = (arm.s_yy / (arm.n - 1) / arm.n for arm in (treated, control))
    se = math.sqrt(v1 / m0**2 + v0 * m1**2 / m0**4)
    return estimate_from_se(m1 / m0 - 1, se, level=level, method="relative_delta")


def sample_ratio_p(counts: npt.ArrayLike, planned: npt.ArrayLike) -> float:
    """chi2 test of observed against planned shares (Fabijan et al. 2019); stop at p < .001. counts, planned: [arms]."""
    seen, share = np.asarray(counts, dtype=np.float64), np.asarray(planned, dtype=np.float64)
    expected = seen.sum() * share / share.sum()
    if (expected <= 0).any() or len(seen) < 2:
        return math.nan
    return float(special.chdtrc(len(seen) - 1, float(((seen - expected) ** 2 / expected).sum())))


def benjamini_hochberg(p_values: npt.ArrayLike) -> Floats:
    """Adjusted p of Benjamini & Hochberg (1995): min over larger ones of p m/rank, at most 1. NaN stays out of m."""
    p = np.asarray(p_values, dtype=np.float64)
    out = np.full(len(p), math.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    out[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return out


def e_value(risk_ratio: float) -> float:
    """VanderWeele & Ding (2017): RR + sqrt(RR (RR - 1)), RR below 1 inverted: how strong hidden confounding must be."""
    if not math.isfinite(risk_ratio) or risk_ratio <= 0:
        return math.nan
    high = max(risk_ratio, 1 / risk_ratio)
    return high + math.sqrt(high * (high - 1))


def e_values(ratio_: float, low: float, high: float) -> tuple[float, float]:
    """(point, limit): E-value of a risk ratio and of the limit nearest to 1; 1 if the interval holds 1."""
    limit = 1.0 if low <= 1 <= high else (low if low > 1 else high)
    return e_value(ratio_), e_value(limit)


def risk_ratio_of(kind: Literal["odds_ratio", "mean"], value: float, *, outcome_share: float = 0.0) -> float:
    """Approximate risk ratio: odds ratio as it is, its root if the outcome is commoner than 15 %; exp(.91 d) of a mean.

    For "mean" (also RMST) value is d = estimate/sd (VanderWeele & Ding 2017, table 2).
    """
    if kind == "mean":
        return math.exp(0.91 * value)
    return math.sqrt(value) if outcome_share > 0.15 else value


def e_values_of_difference(
    result: Estimate, *, baseline: float | None = None, sd: float | None = None
) -> tuple[float, float]:
    """E-values of a difference: of shares through RR = (baseline + x)/baseline, of means through exp(.91 x/sd).

    Give `baseline` (share without exposure) or `sd` (of the outcome).
    """

    def translate(x: float) -> float:
        if baseline is not None:
            return max(1e-9, (baseline + x) / baseline) if baseline > 0 else math.nan
        return risk_ratio_of("mean", x / sd) if sd else math.nan

    if not math.isfinite(result.ci_low):
        return math.nan, math.nan
    return e_values(translate(result.estimate), translate(result.ci_low), translate(result.ci_high))
