"""Power before the start: what could be found, with how many deals, teams or weeks.

Two shares use the pooled variance under the null, as R's power.prop.test; the unpooled textbook formula gives other
digits. Design effect 1 + (m - 1) ICC for clustered units.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import optimize, special, stats

from throughline.statistics.estimate import CI_LEVEL, POWER, Floats, minimum_detectable, quantile


def power_two_proportions(n: float, p1: float, p0: float, *, level: float = CI_LEVEL) -> float:
    """Phi((sqrt(n) abs(p1 - p0) - z sqrt(2 r (1 - r)))/sqrt(p1 q1 + p0 q0)), r the mean share; n units an arm."""
    pooled = math.sqrt((p1 + p0) * (1 - (p1 + p0) / 2))
    spread = math.sqrt(p1 * (1 - p1) + p0 * (1 - p0))
    if spread == 0:
        return math.nan
    z = quantile(0.5 + level / 2)
    return float(special.ndtr((math.sqrt(n) * abs(p1 - p0) - z * pooled) / spread))


def size_two_proportions(p1: float, p0: float, *, power: float = POWER, level: float = CI_LEVEL) -> float:
    """Units an arm for the given power (not rounded)."""
    if p1 == p0:
        return math.inf
    return float(optimize.brentq(lambda n: power_two_proportions(n, p1, p0, level=level) - power, 1e-6, 1e12))


def detectable_share(
    n: float, p0: float, *, power: float = POWER, level: float = CI_LEVEL, design_effect: float = 1.0
) -> float:
    """Smallest rise over p0 found with n units an arm, effective n/design_effect; NaN if p0 = 1 would not be enough."""
    effective = n / design_effect

    def short(rise: float) -> float:
        return power_two_proportions(effective, p0 + rise, p0, level=level) - power

    top = 1 - p0 - 1e-9
    return float(optimize.brentq(short, 1e-9, top, xtol=1e-9)) if top > 1e-9 and short(top) > 0 else math.nan


def power_t(n: float, delta: float, *, sd: float = 1.0, level: float = CI_LEVEL) -> float:
    """Power of the two-sample t-test, n an arm, one tail as in R's power.t.test: P(t(2n-2, ncp) > t quantile)."""
    df, ncp = 2 * (n - 1), math.sqrt(n / 2) * abs(delta) / sd
    return float(stats.nct.sf(quantile(0.5 + level / 2, df), df, ncp))


def size_t(delta: float, *, sd: float = 1.0, power: float = POWER, level: float = CI_LEVEL) -> float:
    """Units an arm for the given power (not rounded)."""
    if delta == 0:
        return math.inf
    high = 4.0
    while power_t(high, delta, sd=sd, level=level) < power:
        high *= 2
    return float(optimize.brentq(lambda n: power_t(n, delta, sd=sd, level=level) - power, 2.0, high, xtol=1e-9))


def placebo_differences(panel: Floats, *, pre: int, post: int, step: int = 1) -> Floats:
    """panel: float[clusters, periods] of the past -> float[dates, clusters]: post mean minus pre mean at placebo dates.

    Every `step`-th date with `pre` full periods before and `post` after it; empty if the past is too short.
    """
    clusters, periods = panel.shape
    total = np.concatenate([np.zeros((clusters, 1)), np.cumsum(panel, axis=1)], axis=1)
    dates = np.arange(pre, periods - post + 1, step)
    after, before = total[:, dates + post] - total[:, dates], total[:, dates] - total[:, dates - pre]
    return np.asarray((after / post - before / pre).T)


def placebo_se(differences: Floats, *, n_treated: int, n_control: int) -> float:
    """Standard error of a collapsed DiD to come, from the clusters' pre/post differences over placebo dates.

    differences: float[clusters] or float[dates, clusters]; se = sd sqrt(1/n_t + 1/n_c), sd pooled over dates with the
    date means taken out, so that a common quarter does not count as noise.
    """
    rows = np.atleast_2d(differences)
    if rows.shape[1] < 2 or min(n_treated, n_control) < 1:
        return math.nan
    variance = float(rows.var(axis=1, ddof=1).mean())
    return math.sqrt(variance * (1 / n_treated + 1 / n_control))


def detectable_did(
    differences: Floats, *, n_treated: int, n_control: int, power: float = POWER, level: float = CI_LEVEL
) -> float:
    """Smallest difference a collapsed DiD would find, in outcome units, from placebo differences (see placebo_se)."""
    se = placebo_se(differences, n_treated=n_treated, n_control=n_control)
    return minimum_detectable(se, float(n_treated + n_control - 2), level=level, power=power)


def clusters_needed(
    differences: Floats, target: float, *, treated_share: float = 0.5, power: float = POWER, most: int = 100_000
) -> int | None:
    """Fewest clusters in all for which detectable_did is at most `target`; None beyond `most`."""
    low, high = 4, 4

    def reached(total: int) -> bool:
        treated = min(total - 2, max(2, round(total * treated_share)))
        found = detectable_did(differences, n_treated=treated, n_control=total - treated, power=power)
        return found <= target

    while not reached(high):
        low, high = high, high * 2
        if high > most:
            return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle + 1, high)
    return high
