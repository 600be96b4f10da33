"""Stratified two-by-two tables of a landmark design: exposed against not exposed, event or no event by a horizon.

All functions take float[s] arrays: a events of n1 exposed, b events of n0 not exposed, c = n1 - a, d = n0 - b.
The risk difference comes first, the odds ratio is a check. The word stays "associated": strata are no randomisation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from throughline.statistics.estimate import CI_LEVEL, Estimate, Floats, estimate_from_se


@dataclass(frozen=True)
class Tables:
    """Stratified counts, one entry per stratum: float[s]. Built by `tables`."""

    a: Floats
    n1: Floats
    b: Floats
    n0: Floats

    @property
    def is_comparable(self) -> npt.NDArray[np.bool_]:
        """Strata with both arms; the others say nothing about a difference."""
        return np.asarray((self.n1 > 0) & (self.n0 > 0))

    @property
    def overlap_share(self) -> float:
        """Share of the exposed that lie in strata with somebody not exposed; NaN without exposed."""
        exposed = float(self.n1.sum())
        return float(self.n1[self.n0 > 0].sum()) / exposed if exposed else math.nan


@dataclass(frozen=True)
class OddsRatio:
    """Common odds ratio with the Cochran-Mantel-Haenszel test, continuity correction on."""

    odds_ratio: float
    ci_low: float
    ci_high: float
    statistic: float
    p_value: float


def tables(stratum: npt.ArrayLike, exposed: npt.ArrayLike, n: npt.ArrayLike, n_event: npt.ArrayLike) -> Tables:
    """Rows of `agg_strata_2x2` (one per stratum x exposed {0, 1}, shards add up) -> Tables, strata in label order."""
    labels, index = np.unique(np.asarray(stratum), return_inverse=True)
    count, event = np.zeros((2, len(labels))), np.zeros((2, len(labels)))
    arm = np.asarray(exposed, dtype=np.int64)
    np.add.at(count, (arm, index), np.asarray(n, dtype=np.float64))
    np.add.at(event, (arm, index), np.asarray(n_event, dtype=np.float64))
    return Tables(a=event[1], n1=count[1], b=event[0], n0=count[0])


def crude(t: Tables, *, level: float = CI_LEVEL) -> Estimate:
    """Risk difference of the pooled table, p1 - p0, Var = p1 q1/n1 + p0 q0/n0. The naive comparison."""
    return standardised(Tables(*(np.array([x.sum()]) for x in (t.a, t.n1, t.b, t.n0))), level=level)


def risk_difference(t: Tables, *, design_effect: float = 1.0, level: float = CI_LEVEL) -> Estimate:
    """Mantel-Haenszel risk difference with the variance of Greenland & Robins (1985).

    RD = sum((a n0 - b n1)/n) / sum(n1 n0/n); Var = sum((a c n0^3 + b d n1^3)/(n1 n0 n^2)) / sum(n1 n0/n)^2.
    The error is multiplied by sqrt(design_effect): deals of one owner are not independent.
    """
    use = t.is_comparable
    a, n1, b, n0 = t.a[use], t.n1[use], t.b[use], t.n0[use]
    if not len(a):
        return estimate_from_se(math.nan, math.nan, level=level)
    n = n1 + n0
    weight = float((n1 * n0 / n).sum())
    difference = float(((a * n0 - b * n1) / n).sum()) / weight
    top = (a * (n1 - a) * n0**3 + b * (n0 - b) * n1**3) / (n1 * n0 * n**2)
    se = math.sqrt(float(top.sum())) / weight * math.sqrt(design_effect)
    return estimate_from_se(difference, se, level=level, method="greenland_robins")


def standardised(
    t: Tables, *, standard: str = "exposed", design_effect: float = 1.0, level: float = CI_LEVEL
) -> Estimate:
    """Direct standardisation: sum_s w_s (p1_s - p0_s), w = share of the exposed (or of "all") in comparable strata.

    Var = sum_s w_s^2 (p1 q1/n1 + p0 q0/n0). "exposed" asks what the exposed deals would have done otherwise.
    """
    use = t.is_comparable
    a, n1, b, n0 = t.a[use], t.n1[use], t.b[use], t.n0[use]
    if not len(a):
        return estimate_from_se(math.nan, math.nan, level=level)
    size = n1 if standard == "exposed" else n1 + n0
    weight, p1, p0 = size / size.sum(), a / n1, b / n0
    variance = float((weight**2 * (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)).sum())
    se = math.sqrt(variance * design_effect)
    return estimate_from_se(float(weight @ (p1 - p0)), se, level=level, method="standardised")


def odds_ratio(t: Tables, *, level: float = CI_LEVEL) -> OddsRatio:
    """Mantel-Haenszel common odds ratio, interval of Robins, Breslow & Greenland (1986), CMH with correction.

    statistic = (abs(sum(a - E a)) - 1/2)^2 / sum Var(a) ~ chi2(1). Without the correction the same table gives other
    digits; this package always corrects.
    """
    from statsmodels.stats.contingency_tables import StratifiedTable

    use = t.is_comparable
    c, d = t.n1 - t.a, t.n0 - t.b
    if not ((t.a * d / (t.n1 + t.n0))[use].any() and (t.b * c / (t.n1 + t.n0))[use].any()):
        return OddsRatio(math.nan, math.nan, math.nan, math.nan, math.nan)
    table = StratifiedTable(np.array([[t.a[use], c[use]], [t.b[use], d[use]]]))
    low, high = table.oddsratio_pooled_confint(alpha=1 - level)
    test = table.test_null_odds(correction=True)
    return OddsRatio(float(table.oddsratio_pooled), float(low), float(high), float(test.statistic), float(test.pvalue))


def woolf(t: Tables) -> tuple[float, int, float]:
    """Woolf (1955) test that the odds ratios are equal: (statistic, df, p).

    sum w (log OR - weighted mean)^2 ~ chi2(strata - 1), w = 1/(1/a + 1/b + 1/c + 1/d), with 1/2 added to
    every cell (as in R's example on the Berkeley data, so that empty cells do no harm). One stratum or none: NaN.
    """
    use = t.is_comparable
    cells = np.array([t.a[use], t.n1[use] - t.a[use], t.b[use], t.n0[use] - t.b[use]])
    strata = cells.shape[1]
    if strata < 2:
        return math.nan, 0, math.nan
    cells = cells + 0.5
    a, c, b, d = cells
    weight = 1 / (1 / cells).sum(axis=0)
    ratio = np.log(a * d / (b * c))
    statistic = float((weight * (ratio - np.average(ratio, weights=weight)) ** 2).sum())
    return statistic, strata - 1, float(special.chdtrc(strata - 1, statistic))


def design_effect(mean_cluster_size: float, icc: float) -> float:
    """1 + (m - 1) ICC (Kish 1965), never below 1: a negative ICC from a short past does not buy precision."""
    return max(1.0, 1 + (mean_cluster_size - 1) * icc)


def intraclass_correlation(n: npt.ArrayLike, sum_y: npt.ArrayLike, sum_y2: npt.ArrayLike) -> float:
    """ICC by one-way analysis of variance from one row per cluster (owner): (MSB - MSW)/(MSB + (m0 - 1) MSW).

    m0 = (N - sum n^2/N)/(G - 1) (Donner 1986); clipped to [0, 1]. NaN without two clusters and a repeated row.
    """
    size = np.asarray(n, dtype=np.float64)
    total, square = np.asarray(sum_y, dtype=np.float64)[size > 0], np.asarray(sum_y2, dtype=np.float64)[size > 0]
    size = size[size > 0]
    rows, groups = float(size.sum()), len(size)
    if groups < 2 or rows <= groups:
        return math.nan
    between = float((total**2 / size).sum() - total.sum() ** 2 / rows) / (groups - 1)
    within = float((square - total**2 / size).sum()) / (rows - groups)
    m0 = (rows - float((size**2).sum()) / rows) / (groups - 1)
    bottom = between + (m0 - 1) * within
    return min(1.0, max(0.0, (between - within) / bottom)) if bottom > 0 else 0.0


def standardised_mean_difference(mean1: float, var1: float, mean0: float, var0: float) -> float:
    """(mean1 - mean0)/sqrt((var1 + var0)/2): balance of one covariate before exposure; `max_smd` is the largest."""
    spread = math.sqrt((var1 + var0) / 2)
    return (mean1 - mean0) / spread if spread > 0 else (0.0 if mean1 == mean0 else math.inf)
