"""How often does the method cry wolf on the user's own past? Placebo starts and teams drawn by lot, nothing happened.

Everything is drawn from the period before any start, so every rejection is a false alarm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from throughline.statistics.estimate import CI_LEVEL, Floats
from throughline.statistics.power import placebo_differences

SEED = 20_260_302
DRAWS = 1_000


@dataclass(frozen=True)
class Calibration:
    """Shares of `draws` placebo analyses; se_share is the Monte Carlo error of a share at the nominal level.

    covered_share: intervals that hold the planted difference; found_share: analyses that find it (NaN if it is 0);
    p_values: float[draws] without it, which should look uniform.
    """

    false_alarm_share: float
    covered_share: float
    found_share: float
    draws: int
    se_share: float
    p_values: Floats


def calibrate_did(
    panel: Floats,
    *,
    n_treated: int,
    pre: int,
    post: int,
    planted: float = 0.0,
    draws: int = DRAWS,
    level: float = CI_LEVEL,
    seed: int = SEED,
) -> Calibration | None:
    """Collapsed difference-in-differences (Welch t) at random placebo dates with random treated clusters.

    panel: float[clusters, periods], outcome before any start; pre, post: periods of the windows. `planted` is a
    difference whose chance of being found is reported. None if the past is too short or an arm has < 2 clusters.
    Clusters are first put in an order that depends on their values only.
    """
    clusters = len(panel)
    if min(n_treated, clusters - n_treated) < 2 or panel.shape[1] < pre + post:
        return None
    ordered = panel[np.lexsort(panel.T[::-1])]
    placebo = placebo_differences(ordered, pre=pre, post=post)
    rng = np.random.default_rng(seed)
    change = placebo[rng.integers(0, len(placebo), draws)]
    treated = rng.random((draws, clusters)).argsort(axis=1) < n_treated
    estimate, variance, df = _welch(change, treated)
    spread = np.sqrt(variance)
    p = _p_values(estimate, spread, df)
    half = special.stdtrit(df, 0.5 + level / 2) * spread
    covered = np.abs(estimate) <= half  # a constant added to the treated moves estimate and interval alike
    found = float((_p_values(estimate + planted, spread, df) < 1 - level).mean()) if planted else math.nan
    share = math.sqrt(level * (1 - level) / draws)
    return Calibration(float((p < 1 - level).mean()), float(covered.mean()), found, draws, share, p)


def _p_values(estimate: Floats, spread: Floats, df: Floats) -> Floats:
    t = np.divide(estimate, spread, out=np.zeros_like(estimate), where=spread > 0)
    return np.asarray(2 * special.stdtr(df, -np.abs(t)))


def _welch(change: Floats, treated: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[Floats, Floats, Floats]:
    """Row-wise mean difference, its variance and Satterthwaite df: float[draws] each."""
    parts = []
    for mask in (treated, ~treated):
        n = mask.sum(axis=1)
        mean = (change * mask).sum(axis=1) / n
        variance = (((change - mean[:, None]) ** 2) * mask).sum(axis=1) / (n - 1) / n
        parts.append((mean, variance, n - 1))
    (m1, v1, f1), (m0, v0, f0) = parts
    bottom = v1**2 / f1 + v0**2 / f0
    df = np.divide((v1 + v0) ** 2, bottom, out=np.ones(len(m1)), where=bottom > 0)
    return m1 - m0, v1 + v0, df
