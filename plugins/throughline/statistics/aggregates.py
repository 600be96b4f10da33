"""Aggregates of ATT(g,t): simple, event time, dynamic, group; with the covariance between them.

Callaway & Sant'Anna (2021), section 3: Var = w'Vw + (sum_g p_g h_g^2 - hbar^2)/N
+ 2 sum_k p_k (h_k - hbar) sum_i w_i b_ik. The second term is there because cohort shares are estimated, the third
because control cohorts are pooled; h_0 = 0 for the never treated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from throughline.statistics.estimate import CI_LEVEL, Bools, Estimate, Floats, Ints, estimate_from_se
from throughline.statistics.staggered import GroupTime, covariance, degrees_of_freedom

SEED = 20_260_302
DRAWS = 10_000


@dataclass(frozen=True)
class Weighting:
    """weight: float[c] over the cells; influence: float[k], h of each cohort (how the estimate moves with shares)."""

    weight: Floats
    influence: Floats


@dataclass(frozen=True)
class EventStudy:
    """One entry per event time: event_time int[e]; estimates, n_units float[e]; covariance float[e, e]."""

    event_time: Ints
    estimates: tuple[Estimate, ...]
    covariance: Floats
    sim_low: Floats
    sim_high: Floats
    critical_value: float
    n_units: Ints

    def at(self, event_time: int) -> Estimate | None:
        """The estimate of one event time, None if it is not there."""
        found = np.flatnonzero(self.event_time == event_time)
        return self.estimates[int(found[0])] if len(found) else None


def _share_weighting(cells: GroupTime, chosen: Bools) -> Weighting:
    """w_i = p_gi / s over the chosen cells; h_g = sum_{i of g} a_i/s - #{i of g} sum_i p_gi a_i / s^2."""
    moments = cells.moments
    share = moments.n / moments.n_units
    own = (moments.cohort[:, None] == cells.group) & chosen
    p = share @ own
    total = float(p.sum())
    if total == 0:
        return Weighting(np.zeros(len(cells.att)), np.zeros(len(share)))
    influence = own @ cells.att / total - own.sum(axis=1) * float(p @ cells.att) / total**2
    return Weighting(p / total, influence)


def _mean(parts: list[Weighting], cells: GroupTime) -> Weighting:
    if not parts:
        return Weighting(np.zeros(len(cells.att)), np.zeros(len(cells.moments.n)))
    return Weighting(np.mean([p.weight for p in parts], axis=0), np.mean([p.influence for p in parts], axis=0))


def simple_weighting(cells: GroupTime) -> Weighting:
    """All cells t >= g, weighted by cohort size."""
    return _share_weighting(cells, cells.is_post)


def event_weightings(cells: GroupTime) -> dict[int, Weighting]:
    """event time -> weighting of the cells that many periods from their start (negative: before)."""
    event = cells.period - cells.group
    return {int(e): _share_weighting(cells, np.asarray(event == e)) for e in np.unique(event)}


def dynamic_weighting(cells: GroupTime) -> Weighting:
    """Plain mean of the event times >= 0."""
    return _mean([w for e, w in event_weightings(cells).items() if e >= 0], cells)


def group_weightings(cells: GroupTime) -> dict[int, Weighting]:
    """cohort -> plain mean of its post cells; no share is estimated, so h = 0."""
    out = {}
    for g in np.unique(cells.group[cells.is_post]):
        chosen = cells.is_post & (cells.group == g)
        out[int(g)] = Weighting(chosen / chosen.sum(), np.zeros(len(cells.moments.n)))
    return out


def group_weighting(cells: GroupTime) -> Weighting:
    """Group means theta_g weighted p_g/s; h_g = theta_g/s - sum_g p_g theta_g / s^2."""
    groups, moments = group_weightings(cells), cells.moments
    share, influence, weight = moments.n / moments.n_units, np.zeros(len(moments.n)), np.zeros(len(cells.att))
    places = {g: int(np.flatnonzero(moments.cohort == g)[0]) for g in groups}
    total = float(sum(share[k] for k in places.values()))
    theta = {g: float(w.weight @ cells.att) for g, w in groups.items()}
    overall = sum(share[places[g]] * theta[g] for g in groups)
    for g, k in places.items():
        weight += share[k] / total * groups[g].weight
        influence[k] = theta[g] / total - overall / total**2
    return Weighting(weight, influence)


def covariances(cells: GroupTime, weightings: list[Weighting]) -> Floats:
    """Covariance of several aggregates, all three terms: float[a, a]."""
    weight = np.array([w.weight for w in weightings])
    influence = np.array([w.influence for w in weightings])
    share = cells.moments.n / cells.moments.n_units
    centred = influence - (influence @ share)[:, None]
    shares = (centred * share) @ centred.T / cells.moments.n_units
    cross = (centred * share) @ -(cells.between @ weight.T)
    return np.asarray(covariance(cells, weight) + shares + cross + cross.T)


def aggregate(cells: GroupTime, weighting: Weighting, *, level: float = CI_LEVEL) -> Estimate:
    """One aggregate with its standard error; interval from t with Satterthwaite df (see degrees_of_freedom)."""
    if not weighting.weight.any():
        return estimate_from_se(math.nan, math.nan, level=level)
    se = math.sqrt(max(0.0, float(covariances(cells, [weighting])[0, 0])))
    df = float(degrees_of_freedom(cells, weighting.weight[None, :])[0])
    return estimate_from_se(float(weighting.weight @ cells.att), se, df=df, level=level, method="t_satterthwaite")


def simple(cells: GroupTime, *, level: float = CI_LEVEL) -> Estimate:
    """The average effect over all treated unit-periods."""
    return aggregate(cells, simple_weighting(cells), level=level)


def dynamic(cells: GroupTime, *, level: float = CI_LEVEL) -> Estimate:
    """The average over event times >= 0, each counting the same."""
    return aggregate(cells, dynamic_weighting(cells), level=level)


def group(cells: GroupTime, *, level: float = CI_LEVEL) -> Estimate:
    """The average over treated units of their cohort's mean effect."""
    return aggregate(cells, group_weighting(cells), level=level)


def mean_post_periods(cells: GroupTime, weighting: Weighting) -> float:
    """Periods between base and cell, averaged with the weights: a linear drift of x per period biases by x times it."""
    return float(weighting.weight @ (cells.time - cells.base))


def event_study(
    cells: GroupTime, *, level: float = CI_LEVEL, draws: int = DRAWS, seed: int = SEED, max_events: int | None = None
) -> EventStudy:
    """Estimates by event time with pointwise and simultaneous intervals.

    The simultaneous critical value is the `level` quantile of max abs(N(0, correlation)) over `draws` draws with a
    fixed seed, never below the pointwise one. `max_events` keeps event times -max_events .. max_events.
    """
    chosen = {e: w for e, w in event_weightings(cells).items() if max_events is None or abs(e) <= max_events}
    times = np.array(sorted(chosen), dtype=np.int64)
    if not len(times):
        empty = np.zeros(0)
        return EventStudy(times, (), np.zeros((0, 0)), empty, empty, math.nan, times)
    cov = covariances(cells, [chosen[int(e)] for e in times])
    se = np.sqrt(np.clip(np.diag(cov), 0, None))
    freedom = degrees_of_freedom(cells, np.array([chosen[int(e)].weight for e in times]))
    estimates = tuple(
        estimate_from_se(
            float(chosen[int(e)].weight @ cells.att),
            float(s),
            df=float(df),
            level=level,
            method="t_satterthwaite",
        )
        for e, s, df in zip(times, se, freedom, strict=True)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = np.where(np.outer(se, se) > 0, cov / np.outer(se, se), 0.0)
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.clip(values, 0, None))
    largest = np.abs(np.random.default_rng(seed).standard_normal((draws, len(times))) @ root.T).max(axis=1)
    pointwise = max((e.ci_high - e.estimate) / e.se if e.se > 0 else 0.0 for e in estimates)
    critical = max(float(np.quantile(largest, level)), pointwise)
    att = np.array([e.estimate for e in estimates])
    share = {int(g): n for g, n in zip(cells.moments.cohort, cells.moments.n, strict=True)}
    event = cells.period - cells.group
    units = np.array([sum(share[int(g)] for g in cells.group[event == e]) for e in times]).round().astype(np.int64)
    return EventStudy(times, estimates, cov, att - critical * se, att + critical * se, critical, units)
