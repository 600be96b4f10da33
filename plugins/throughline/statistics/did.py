"""Two-by-two difference-in-differences: one start date for some clusters (teams, accounts).

Default: one pre/post difference per cluster, then a t-test and a permutation p. Cluster-robust standard errors reject
far too often with few treated clusters (20 % at a nominal 5 % with 3 of 6); one difference per cluster does not.
Left out: covariates (use strata) and several start dates (see staggered.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from throughline.statistics.estimate import CI_LEVEL, Bools, Estimate, Floats, Ints, estimate_from_se

PERMUTATIONS = 10_000
SEED = 20_260_302


@dataclass(frozen=True)
class ClusterDifferences:
    """One entry per cluster seen before and after. difference: float[c] in outcome units; weight: rows behind it."""

    difference: Floats
    treated: Bools
    weight: Floats
    baseline: Floats
    n_dropped_treated: int
    n_dropped_control: int


@dataclass(frozen=True)
class Did:
    """Collapsed difference-in-differences: treated minus control of (post minus pre)."""

    result: Estimate
    p_permutation: float
    permutations_count: int
    is_exhaustive: bool
    n_clusters_t: int
    n_clusters_c: int
    baseline_mean: float


def collapse(
    cluster: npt.ArrayLike, arm: npt.ArrayLike, period: npt.ArrayLike, n: npt.ArrayLike, sum_y: npt.ArrayLike
) -> ClusterDifferences:
    """One row per cluster x arm x period in, any order, shards allowed; d_c = mean(post) - mean(pre) out.

    cluster: labels [r]; arm, period: {0, 1} [r]; n, sum_y: float [r]. Clusters without both periods are dropped and
    counted. The weight is the harmonic size 1/(1/n_pre + 1/n_post), the precision of a difference of two means.
    """
    labels, index = np.unique(np.asarray(cluster), return_inverse=True)
    arms, periods = np.asarray(arm, dtype=np.int64), np.asarray(period, dtype=np.int64)
    count, total = np.zeros((len(labels), 2)), np.zeros((len(labels), 2))
    np.add.at(count, (index, periods), np.asarray(n, dtype=np.float64))
    np.add.at(total, (index, periods), np.asarray(sum_y, dtype=np.float64))
    treated = np.zeros(len(labels), dtype=np.bool_)
    np.logical_or.at(treated, index, arms == 1)
    control = np.zeros(len(labels), dtype=np.bool_)
    np.logical_or.at(control, index, arms == 0)
    if np.any(treated & control):
        raise ValueError("a cluster is in both arms: treatment must be fixed per cluster")
    kept = (count > 0).all(axis=1)
    means = total[kept] / count[kept]
    return ClusterDifferences(
        difference=means[:, 1] - means[:, 0],
        treated=treated[kept],
        weight=1.0 / (1.0 / count[kept]).sum(axis=1),
        baseline=means[:, 0],
        n_dropped_treated=int((treated & ~kept).sum()),
        n_dropped_control=int((control & ~kept).sum()),
    )


def difference(
    change: Floats, treated: Bools, *, weight: Floats | None = None, pooled: bool = False, level: float = CI_LEVEL
) -> Estimate:
    """mean_T(d) - mean_C(d) over clusters. change: float[c]; treated: bool[c]; weight: float[c] or None for equal.

    Welch (1947): se^2 = s_T^2/n_T + s_C^2/n_C with Satterthwaite df; `pooled` gives the equal-variance regression of d
    on the arm, df = c - 2. With weights the arm's variance is m/(m-1) sum(u^2 (d - mean)^2), u = weight/sum.
    Equal weights answer "the average team", size weights "the average deal": declared beforehand.
    """
    arms = [(change[mask], None if weight is None else weight[mask]) for mask in (treated, ~treated)]
    sizes = [len(values) for values, _ in arms]
    if min(sizes) < 1:
        return estimate_from_se(math.nan, math.nan, df=math.nan, level=level, method="t")
    shares = [np.full(len(v), 1.0 / len(v)) if w is None else w / w.sum() for v, w in arms]
    means = [float(v @ u) for (v, _), u in zip(arms, shares, strict=True)]
    estimate = means[0] - means[1]
    squares = [float(((u * (v - m)) ** 2).sum()) for (v, _), u, m in zip(arms, shares, means, strict=True)]
    if min(sizes) < 2:
        return estimate_from_se(estimate, math.nan, df=math.nan, level=level, method="t")
    if pooled:
        df = float(sum(sizes) - 2)
        spread = sum(float(((v - m) ** 2).sum()) for (v, _), m in zip(arms, means, strict=True)) / df
        return estimate_from_se(estimate, math.sqrt(spread * (1 / sizes[0] + 1 / sizes[1])), df=df, level=level)
    variances = [q * n / (n - 1) for q, n in zip(squares, sizes, strict=True)]
    total = sum(variances)
    if total <= 0:
        return estimate_from_se(estimate, 0.0, df=math.nan, level=level, method="t_welch")
    df = total**2 / sum(v**2 / (n - 1) for v, n in zip(variances, sizes, strict=True))
    return estimate_from_se(estimate, math.sqrt(total), df=df, level=level, method="t_welch")


def permutation_p(
    change: Floats, treated: Bools, *, weight: Floats | None = None, draws: int = PERMUTATIONS, seed: int = SEED
) -> tuple[float, int, bool]:
    """(p, permutations, exhaustive): share of relabellings of the clusters with abs(estimate) >= the observed one.

    All C(c, c_T) relabellings if they are <= `draws` (Fisher's exact permutation test, the observed one among them);
    otherwise `draws` at random with a fixed seed and p = (1 + hits)/(1 + draws). Clusters are first put in an order
    that depends on their values only, so neither row order nor labels nor y -> a + b y change p.
    """
    count, k = len(change), int(treated.sum())
    if k in (0, count):
        return math.nan, 0, False
    size = np.ones(count) if weight is None else np.asarray(weight, dtype=np.float64)
    gap = np.average(change[treated], weights=size[treated]) - np.average(change[~treated], weights=size[~treated])
    values = (change - change.mean()) * (np.sign(gap) or 1.0)
    largest = float(np.abs(values).max())
    if largest == 0:
        return 1.0, 0, False
    values = values / largest
    order = np.lexsort((treated, size, np.round(values, 9)))
    values, size, labels = values[order], size[order], treated[order]
    product, sums = values * size, (float((values * size).sum()), float(size.sum()))

    def absolute(members: Ints) -> Floats:
        inside, weights = product[members].sum(axis=1), size[members].sum(axis=1)
        return np.asarray(np.abs(inside / weights - (sums[0] - inside) / (sums[1] - weights)))

    observed = float(absolute(np.flatnonzero(labels)[None, :])[0])
    threshold = observed - 1e-9  # values lie in [-1, 1]: equal differences count as ties
    if math.comb(count, k) <= draws:
        everything = np.array(list(combinations(range(count), k)), dtype=np.int64)
        return float((absolute(everything) >= threshold).mean()), len(everything), True
    rng, hits, left = np.random.default_rng(seed), 0, draws
    while left:
        step = min(left, max(1, 2_000_000 // count))
        drawn = rng.random((step, count)).argpartition(k - 1, axis=1)[:, :k]
        hits += int((absolute(drawn) >= threshold).sum())
        left -= step
    return (1 + hits) / (1 + draws), draws, False


def collapsed_did(
    cells: ClusterDifferences, *, weighted: bool = False, level: float = CI_LEVEL, seed: int = SEED
) -> Did:
    """The default for one start date: Welch t on the clusters' changes, with the permutation p beside it.

    Bertrand, Duflo & Mullainathan (2004): collapsing to one change per cluster removes serial correlation.
    """
    weight = cells.weight if weighted else None
    p, count, exhaustive = permutation_p(cells.difference, cells.treated, weight=weight, seed=seed)
    baseline = cells.baseline[cells.treated]
    return Did(
        result=difference(cells.difference, cells.treated, weight=weight, level=level),
        p_permutation=p,
        permutations_count=count,
        is_exhaustive=exhaustive,
        n_clusters_t=int(cells.treated.sum()),
        n_clusters_c=int((~cells.treated).sum()),
        baseline_mean=_mean(baseline, None if weight is None else weight[cells.treated]),
    )


def _mean(values: Floats, weight: Floats | None) -> float:
    return float(np.average(values, weights=weight)) if len(values) else math.nan


def cr1_from_cells(
    cluster: npt.ArrayLike,
    arm: npt.ArrayLike,
    period: npt.ArrayLike,
    n: npt.ArrayLike,
    sum_y: npt.ArrayLike,
    *,
    level: float = CI_LEVEL,
) -> Estimate:
    """OLS of y on arm, period and arm x period with CR1 errors by cluster, from one row per cluster x arm x period.

    The model is saturated, so cluster c moves cell mean j by u_cj = (sum_y - n mean_j)/N_j; with signs s_j,
    Var = G/(G-1) (N-1)/(N-4) sum_c (sum_j s_j u_cj)^2, t with G-1 df (Liang & Zeger 1986, CR1). Equals statsmodels on
    the rows. Unequal panels are allowed. A diagnostic: too small with few treated clusters.
    """
    labels, index = np.unique(np.asarray(cluster), return_inverse=True)
    cell = 2 * np.asarray(arm, dtype=np.int64) + np.asarray(period, dtype=np.int64)
    count, total = np.zeros((len(labels), 4)), np.zeros((len(labels), 4))
    np.add.at(count, (index, cell), np.asarray(n, dtype=np.float64))
    np.add.at(total, (index, cell), np.asarray(sum_y, dtype=np.float64))
    size, groups = count.sum(axis=0), len(labels)
    if (size == 0).any() or groups < 2 or size.sum() <= 4:
        return estimate_from_se(math.nan, math.nan, df=math.nan, level=level, method="t_cr1")
    mean = total.sum(axis=0) / size
    signs = np.array([1.0, -1.0, -1.0, 1.0])
    influence = ((total - count * mean) / size) @ signs
    factor = groups / (groups - 1) * (size.sum() - 1) / (size.sum() - 4)
    se = math.sqrt(factor * float(influence @ influence))
    return estimate_from_se(float(mean @ signs), se, df=float(groups - 1), level=level, method="t_cr1")
