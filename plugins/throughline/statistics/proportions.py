"""Shares of people or deals: Wilson interval, when a share may be shown, correction for a classifier's errors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from throughline.statistics.estimate import CI_LEVEL, quantile

SEED = 20_260_302
MIN_N = 30
MIN_EACH = 5
MIN_YOUDEN = 0.4


@dataclass(frozen=True)
class Share:
    """A share in [0, 1] with its interval."""

    value: float
    ci_low: float
    ci_high: float


def wilson(successes: float, n: float, *, level: float = CI_LEVEL) -> Share:
    """Wilson (1927): (p + z^2/2n +- z sqrt(p q/n + z^2/4n^2)) / (1 + z^2/n). n = 0: NaN."""
    if n <= 0:
        return Share(math.nan, math.nan, math.nan)
    z, p = quantile(0.5 + level / 2), successes / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Share(p, 0.0 if successes == 0 else middle - half, 1.0 if successes == n else middle + half)


def is_publishable(successes: float, n: float) -> bool:
    """A share is shown as a number with n >= 30 and at least 5 successes and 5 failures; else only its interval."""
    return n >= MIN_N and successes >= MIN_EACH and n - successes >= MIN_EACH


def rogan_gladen(observed: float, sensitivity: float, specificity: float) -> float | None:
    """Rogan & Gladen (1978): (obs + Sp - 1)/(Se + Sp - 1), clipped to [0, 1]; None (refused) if Se + Sp - 1 < 0.4."""
    youden = sensitivity + specificity - 1
    if youden < MIN_YOUDEN - 1e-12:
        return None
    return min(1.0, max(0.0, (observed + specificity - 1) / youden))


def rogan_gladen_interval(
    found: int,
    n: int,
    *,
    true_positive: int,
    positive: int,
    true_negative: int,
    negative: int,
    level: float = CI_LEVEL,
    draws: int = 10_000,
    seed: int = SEED,
) -> Share | None:
    """Corrected share of `found` in n, with an audit of `positive` and `negative` hand-labelled items.

    Parametric bootstrap over data and audit: all three shares are drawn anew from their binomials with a fixed seed.
    Draws whose classifier would be refused count at the edge they point to. None if the audit itself is refused.
    """
    if min(n, positive, negative) <= 0:
        return None
    value = rogan_gladen(found / n, true_positive / positive, true_negative / negative)
    if value is None:
        return None
    rng = np.random.default_rng(seed)
    observed = rng.binomial(n, found / n, draws) / n
    sensitivity = rng.binomial(positive, true_positive / positive, draws) / positive
    specificity = rng.binomial(negative, true_negative / negative, draws) / negative
    youden = np.maximum(sensitivity + specificity - 1, 1e-9)
    drawn = np.clip((observed + specificity - 1) / youden, 0.0, 1.0)
    low, high = np.quantile(drawn, [0.5 - level / 2, 0.5 + level / 2])
    return Share(value, float(low), float(high))
