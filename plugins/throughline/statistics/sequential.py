"""Always-valid intervals for weekly looks: an asymptotic confidence sequence.

Weekly peeking with ordinary 95 % intervals rejects in 27 % (26 looks) to 32 % (52 looks) of all A/A runs; this one in
about 2 %, at 1.56 times the final width.
"""

from __future__ import annotations

import math
from dataclasses import replace

from throughline.statistics.estimate import CI_LEVEL, SEQUENTIAL, Estimate, quantile

FIRST_LOOK_UNITS = 100  # an arm; the sequence rests on a central limit theorem


def mixture_rho(planned_n: float, *, level: float = CI_LEVEL) -> float:
    """rho with rho^2 = (-2 ln a + ln(1 - 2 ln a))/N*: narrowest at the planned units N* (Howard et al. 2021)."""
    alpha = 1 - level
    return math.sqrt((-2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha))) / planned_n)


def half_width(se: float, n: float, planned_n: float, *, level: float = CI_LEVEL) -> float:
    """sqrt(V N) sqrt(2 (N rho^2 + 1)/(N^2 rho^2) ln(sqrt(N rho^2 + 1)/a)), V = se^2, N = units in both arms.

    Waudby-Smith et al. (asymptotic confidence sequences), Gaussian mixture boundary.
    """
    rho2, alpha = mixture_rho(planned_n, level=level) ** 2, 1 - level
    inner = 2 * (n * rho2 + 1) / (n**2 * rho2) * math.log(math.sqrt(n * rho2 + 1) / alpha)
    return se * math.sqrt(n) * math.sqrt(inner)


def is_first_look_allowed(n_treated: float, n_control: float) -> bool:
    """At least 100 units an arm."""
    return min(n_treated, n_control) >= FIRST_LOOK_UNITS


def always_valid(result: Estimate, *, n: float, planned_n: float) -> Estimate:
    """The same estimate with the interval that holds at every look. n: units in both arms; planned_n: at the main look.

    The p-value is dropped: it belongs to one look. With few clusters the sequence, which rests on a central limit
    theorem, is widened as t is wider than the normal.
    """
    if not (math.isfinite(result.se) and result.se > 0 and n > 0 and planned_n > 0):
        return replace(result, ci_low=math.nan, ci_high=math.nan, p_value=math.nan, ci_method=SEQUENTIAL)
    upper = 0.5 + result.ci_level / 2
    few = quantile(upper, result.df) / quantile(upper) if result.df > 0 else 1.0
    half = few * half_width(result.se, n, planned_n, level=result.ci_level)
    return replace(
        result,
        ci_low=result.estimate - half,
        ci_high=result.estimate + half,
        p_value=math.nan,
        ci_method=SEQUENTIAL,
    )
