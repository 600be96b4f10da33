"""How often does a method cry wolf on the user's own past? Placebo starts, lots and exposures where nothing happened.

Everything is drawn from what no programme can have touched, so every rejection is a false alarm. Each function takes
small arrays, draws `draws` placebo analyses with a fixed seed, and runs on each the same formulas as the real analysis.
The order of clusters or owners changes nothing: they are first put in an order that depends on their values only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from throughline.statistics import aggregates, staggered
from throughline.statistics.estimate import CI_LEVEL, Bools, Floats, Ints, quantile
from throughline.statistics.power import placebo_differences

SEED = 20_260_302
DRAWS = 1_000
STAGGERED_PERIODS = 12  # of the past, at most: a longer one costs much and teaches little


@dataclass(frozen=True)
class Calibration:
    """Shares of `draws` placebo analyses; se_share is the Monte Carlo error of a share at the nominal level.

    covered_share: intervals that hold the planted difference (NaN for a test without interval); found_share: analyses
    that find it (NaN if it is 0); p_values: float[draws] without it, which should look uniform; lots: how many
    different placebo analyses there are, as a share of few says little.
    """

    false_alarm_share: float
    covered_share: float
    found_share: float
    draws: int
    se_share: float
    p_values: Floats
    lots: int


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
    """
    if panel.shape[1] < pre + post:
        return None
    changes = placebo_differences(in_order(panel), pre=pre, post=post)
    return calibrate_split(changes, n_treated=n_treated, planted=planted, draws=draws, level=level, seed=seed)


def calibrate_split(
    changes: Floats,
    *,
    n_treated: int,
    planted: float = 0.0,
    draws: int = DRAWS,
    level: float = CI_LEVEL,
    seed: int = SEED,
) -> Calibration | None:
    """Clusters drawn into arms by lot: Welch t on their changes. changes: float[dates, clusters], one date a draw.

    One date is an A/A split of clusters that nothing was done to. None if an arm has < 2 clusters.
    """
    drawn = _lots(changes, n_treated, draws, seed)
    if drawn is None:
        return None
    change, treated, _ = drawn
    estimate, variance, df = _welch(change, treated)
    return _of_estimates(estimate, np.sqrt(variance), df, planted=planted, level=level, lots=_ways(changes, n_treated))


def calibrate_permutation(
    changes: Floats,
    *,
    n_treated: int,
    planted: float = 0.0,
    draws: int = DRAWS,
    level: float = CI_LEVEL,
    seed: int = SEED,
) -> Calibration | None:
    """The same lots judged by the permutation p: (1 + #{abs >= observed})/(1 + lots), the reference lots drawn once.

    A planted difference moves the treated clusters of a draw, so that a reference lot sees it as far as it overlaps.
    """
    drawn = _lots(changes, n_treated, draws, seed)
    if drawn is None:
        return None
    change, treated, date = drawn
    clusters = treated.shape[1]
    reference = np.random.default_rng(seed + 1).random((draws, clusters)).argsort(axis=1) < n_treated
    weight = reference / n_treated - ~reference / (clusters - n_treated)
    gaps = weight @ changes.T  # [reference, dates]
    own = treated / n_treated - ~treated / (clusters - n_treated)
    observed, shared = (own * change).sum(axis=1), weight @ treated.T  # a treated cluster moves a reference lot by it

    def p_values(rise: float) -> Floats:
        there = np.abs(gaps[:, date] + rise * shared)
        hits = (there >= np.abs(observed + rise) - 1e-12).sum(axis=0)
        return np.asarray((1 + hits) / (1 + draws))

    p = p_values(0.0)
    found = float((p_values(planted) <= 1 - level + 1e-12).mean()) if planted else math.nan
    return Calibration(
        float((p <= 1 - level + 1e-12).mean()), math.nan, found, draws, _se(level, draws), p, _ways(changes, n_treated)
    )


def calibrate_staggered(
    panel: Floats,
    *,
    starts: Ints,
    planted: float = 0.0,
    draws: int = DRAWS,
    level: float = CI_LEVEL,
    seed: int = SEED,
) -> Calibration | None:
    """Callaway-Sant'Anna, all cells t >= g, with the design's starts moved into the past and dealt out by lot.

    panel: float[clusters, periods] before any start; starts: int[clusters], 0 never. The first placebo start is half
    way through the last STAGGERED_PERIODS, the others keep their distance or fall on the last period. None where a
    placebo analysis has no interval.
    """
    ordered = in_order(panel)[:, -STAGGERED_PERIODS:]
    periods, treated = ordered.shape[1], np.sort(starts[starts > 0])
    if periods < 3 or not len(treated) or len(treated) == len(starts):
        return None
    first = periods // 2 + 1
    placebo = np.zeros(len(starts), dtype=np.int64)
    placebo[: len(treated)] = np.minimum(first + treated - treated[0], periods)
    t, s = np.triu_indices(periods)
    rng, found = np.random.default_rng(seed), []
    for _ in range(draws):
        cohorts = placebo[rng.permutation(len(placebo))]
        labels = np.unique(cohorts)
        blocks = [ordered[cohorts == label] for label in labels]
        moments = staggered.cohort_moments(
            np.repeat(labels, len(t)),
            np.tile(t + 1, len(labels)),
            np.tile(s + 1, len(labels)),
            n_units=np.repeat([len(block) for block in blocks], len(t)),
            sum_y_t=np.concatenate([block.sum(axis=0)[t] for block in blocks]),
            sum_y_t_y_s=np.concatenate([(block.T @ block)[t, s] for block in blocks]),
        )
        cells = staggered.group_time(moments, control_group=staggered.choose_control_group(moments))
        one = aggregates.simple(cells, level=level)
        if not math.isfinite(one.ci_low):
            return None
        found.append((one.estimate, one.se, one.df))
    estimate, se, df = np.array(found).T
    ways = math.comb(len(starts), len(treated))  # at least: later starts are dealt out among them too
    return _of_estimates(estimate, se, df, planted=planted, level=level, lots=ways)


def calibrate_exposure(
    n: Floats,
    n_event: Floats,
    *,
    exposed_share: float,
    design_effect: float = 1.0,
    planted: float = 0.0,
    draws: int = DRAWS,
    level: float = CI_LEVEL,
    seed: int = SEED,
) -> Calibration | None:
    """Mantel-Haenszel risk difference of a landmark design whose exposure is dealt out by lot to whole owners.

    n, n_event: float[owners, strata], deals open on the landmark day before anything began, and events among them.
    Whole owners are the hardest case: all deals of an owner are exposed or none. design_effect widens the error as in
    the real analysis. None with fewer than two owners an arm.
    """
    owners = len(n)
    exposed = min(max(round(exposed_share * owners), 2), owners - 2)
    if owners < 4:
        return None
    order = np.lexsort(np.concatenate([n, n_event], axis=1).T[::-1])
    count, event = n[order], n_event[order]
    lot = np.random.default_rng(seed).random((draws, owners)).argsort(axis=1) < exposed
    n1, a = lot @ count, lot @ event
    n0, b = count.sum(axis=0) - n1, event.sum(axis=0) - a
    total = np.maximum(n1 + n0, 1)
    weight = (n1 * n0 / total).sum(axis=1)
    top = (a * (n1 - a) * n0**3 + b * (n0 - b) * n1**3) / np.maximum(n1 * n0 * total**2, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = ((a * n0 - b * n1) / total).sum(axis=1) / weight
        se = np.sqrt(top.sum(axis=1) * design_effect) / weight
    if not (np.isfinite(estimate).all() and (se > 0).all()):
        return None
    ways, df = math.comb(owners, exposed), np.full(draws, math.inf)
    return _of_estimates(estimate, se, df, planted=planted, level=level, lots=ways)


def _of_estimates(estimate: Floats, se: Floats, df: Floats, *, planted: float, level: float, lots: int) -> Calibration:
    """Estimates of nothing, float[draws] each -> how often they look like something."""
    p = _p_values(estimate, se, df)
    half = np.where(np.isinf(df), quantile(0.5 + level / 2), special.stdtrit(df, 0.5 + level / 2)) * se
    covered = np.abs(estimate) <= half  # a constant added to the treated moves estimate and interval alike
    found = float((_p_values(estimate + planted, se, df) < 1 - level).mean()) if planted else math.nan
    draws = len(estimate)
    return Calibration(float((p < 1 - level).mean()), float(covered.mean()), found, draws, _se(level, draws), p, lots)


def _se(level: float, draws: int) -> float:
    return math.sqrt(level * (1 - level) / draws)


def _ways(changes: Floats, n_treated: int) -> int:
    return len(changes) * math.comb(changes.shape[1], n_treated)


def in_order(panel: Floats) -> Floats:
    """Clusters by their values to nine digits: the last digits depend on the order in which a warehouse summed."""
    return panel[np.lexsort(np.round(panel, 9).T[::-1])]


def _lots(changes: Floats, n_treated: int, draws: int, seed: int) -> tuple[Floats, Bools, Ints] | None:
    """(change float[draws, clusters], treated bool[draws, clusters], date int[draws]); None without two an arm."""
    dates, clusters = changes.shape
    if not dates or min(n_treated, clusters - n_treated) < 2:
        return None
    rng = np.random.default_rng(seed)
    date = rng.integers(0, dates, draws)
    return changes[date], rng.random((draws, clusters)).argsort(axis=1) < n_treated, date


def _p_values(estimate: Floats, spread: Floats, df: Floats) -> Floats:
    t = np.divide(estimate, spread, out=np.zeros_like(estimate), where=spread > 0)
    return np.asarray(2 * np.where(np.isinf(df), special.ndtr(-np.abs(t)), special.stdtr(df, -np.abs(t))))


def _welch(change: Floats, treated: Bools) -> tuple[Floats, Floats, Floats]:
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
