"""Moments against regressions on the rows; ratio metrics, sample ratio, multiplicity, E-values."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from throughline.statistics import experiment
from throughline.statistics.estimate import estimate_from_se

# Benjamini & Hochberg (1995), section 4: 15 p-values of the Neuhaus et al. study
NEUHAUS = (0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
           0.7590, 1.0)  # fmt: skip


def arm(y, x=None, d=None):
    x, d = np.zeros_like(y) if x is None else x, np.zeros_like(y) if d is None else d
    return experiment.Arm(len(y), y.sum(), y @ y, x.sum(), x @ x, x @ y, d.sum(), d @ d, y @ d)


def rows(seed=1, n=200):
    rng = np.random.default_rng(seed)
    x = rng.normal(3, 2, n)
    treated = rng.random(n) < 0.4
    return x, treated, 0.8 * x + 0.5 * treated + rng.normal(size=n)


def test_ancova_from_moments_equals_regression_on_the_rows():
    x, treated, y = rows()
    fit = sm.OLS(y, sm.add_constant(np.column_stack([treated, x]).astype(float))).fit()
    ours = experiment.ancova(arm(y[treated], x[treated]), arm(y[~treated], x[~treated]))
    assert (ours.estimate, ours.se, ours.p_value) == pytest.approx(
        (fit.params[1], fit.bse[1], fit.pvalues[1]), rel=1e-10
    )
    assert (ours.ci_low, ours.ci_high) == pytest.approx(tuple(fit.conf_int()[1]), rel=1e-10)


def test_welch_from_moments_equals_scipy():
    from scipy import stats

    _, treated, y = rows()
    ours, theirs = experiment.mean_difference(arm(y[treated]), arm(y[~treated])), None
    theirs = stats.ttest_ind(y[treated], y[~treated], equal_var=False)
    assert (ours.p_value, ours.df) == pytest.approx((theirs.pvalue, theirs.df), rel=1e-10)


def test_without_variation_in_the_covariate_ancova_is_the_plain_difference():
    _, treated, y = rows()
    fit = sm.OLS(y, sm.add_constant(treated.astype(float))).fit()
    ours = experiment.ancova(arm(y[treated]), arm(y[~treated]))
    assert (ours.estimate, ours.se) == pytest.approx((fit.params[1], fit.bse[1]), rel=1e-10)


def test_shards_add_up_and_scale():
    x, treated, y = rows()
    whole = arm(y, x)
    parts = arm(y[::2], x[::2]) + arm(y[1::2], x[1::2])
    assert (parts.n, parts.s_xy) == (whole.n, pytest.approx(whole.s_xy, rel=1e-10))
    base = experiment.ancova(arm(y[treated], x[treated]), arm(y[~treated], x[~treated]))
    z = 4 - 2 * y
    scaled = experiment.ancova(arm(z[treated], x[treated]), arm(z[~treated], x[~treated]))
    assert (scaled.estimate, scaled.se, scaled.p_value) == pytest.approx(
        (-2 * base.estimate, 2 * base.se, base.p_value), rel=1e-9
    )


def test_tiny_arms_give_nan_not_a_crash():
    one = arm(np.array([1.0]))
    assert np.isnan(experiment.mean_difference(one, one).se)
    assert np.isnan(experiment.ancova(one, one).se)
    assert np.isnan(experiment.ratio_difference(one, one).se)
    assert np.isnan(experiment.relative_uplift(one, one).se)


def test_trap_large_amounts_need_a_shift():
    """Revenue in cents: mean 1e8, variance 1. Plain sums of squares lose it all; a shift keeps it."""
    y = 1e8 + np.random.default_rng(2).normal(size=1_000)
    plain, shifted = arm(y), arm(y - 1e8)
    assert shifted.s_yy / 999 == pytest.approx(1.0, abs=0.1)
    assert abs(plain.s_yy / 999 - 1.0) > 0.5


def test_ratio_of_sums_is_clustered_by_person():
    """Delta method against a bootstrap over people; n = messages would be several times too narrow."""
    rng = np.random.default_rng(3)
    d = rng.geometric(0.05, 2_000).astype(float)
    y = rng.binomial(d.astype(int), rng.beta(2, 3, 2_000)).astype(float)
    value, variance = experiment.ratio(arm(y, d=d))
    assert value == pytest.approx(y.sum() / d.sum())
    pick = rng.integers(0, 2_000, (1_000, 2_000))
    assert np.sqrt(variance) == pytest.approx((y[pick].sum(axis=1) / d[pick].sum(axis=1)).std(), rel=0.1)
    assert np.sqrt(variance) > 2 * np.sqrt(value * (1 - value) / d.sum())
    result = experiment.ratio_difference(arm(y, d=d), arm(y, d=d))
    assert result.estimate == 0 and result.se == pytest.approx(np.sqrt(2 * variance))


def test_sample_ratio_mismatch():
    assert experiment.sample_ratio_p([600, 400], [0.5, 0.5]) == pytest.approx(2.5396e-10, abs=5e-15)
    assert experiment.sample_ratio_p([600, 400], [0.6, 0.4]) == 1.0
    assert np.isnan(experiment.sample_ratio_p([0, 0], [0.5, 0.5]))


def test_benjamini_hochberg_rejects_four_and_bonferroni_three():
    q = experiment.benjamini_hochberg(NEUHAUS)
    assert (q <= 0.05).sum() == 4
    assert (np.array(NEUHAUS) * 15 <= 0.05).sum() == 3


def test_benjamini_hochberg_file(published):
    p = [float(r["p"]) for r in published("benjamini_hochberg_1995_pvalues")]
    assert p == list(NEUHAUS)


def test_benjamini_hochberg_equals_statsmodels_in_any_order():
    from statsmodels.stats.multitest import multipletests

    p = np.random.default_rng(4).random(20) ** 3
    assert experiment.benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1], rel=1e-12)
    order = np.random.default_rng(5).permutation(20)
    assert experiment.benjamini_hochberg(p[order]) == pytest.approx(experiment.benjamini_hochberg(p)[order])
    with_gap = experiment.benjamini_hochberg([0.01, float("nan"), 0.02])
    assert np.isnan(with_gap[1]) and with_gap[[0, 2]] == pytest.approx([0.02, 0.02])


@pytest.mark.parametrize(
    ("ratio", "value", "digits"),
    [(0.80, 1.809017, 5e-7), (0.91, 1.428571, 5e-7), (10.73, 20.94777, 5e-6), (8.02, 15.52336, 5e-6), (1.0, 1.0, 0)],
)
def test_e_value(ratio, value, digits):
    assert experiment.e_value(ratio) == pytest.approx(value, abs=digits)


def test_e_value_of_the_interval_uses_the_limit_nearest_one():
    assert experiment.e_values(0.8, 0.71, 0.91) == pytest.approx((1.809017, 1.428571), abs=5e-7)
    assert experiment.e_values(10.73, 8.02, 14.36) == pytest.approx((20.94777, 15.52336), abs=5e-6)
    assert experiment.e_values(1.2, 0.9, 1.6)[1] == 1.0
    assert np.isnan(experiment.e_value(float("nan")))


def test_translations_to_a_risk_ratio():
    assert experiment.risk_ratio_of("odds_ratio", 4.0, outcome_share=0.3) == 2.0
    assert experiment.risk_ratio_of("odds_ratio", 4.0, outcome_share=0.15) == 4.0
    assert experiment.risk_ratio_of("mean", 0.5) == pytest.approx(np.exp(0.455))
    result = estimate_from_se(0.05, 0.01)
    assert experiment.e_values_of_difference(result, baseline=0.25)[0] == pytest.approx(experiment.e_value(1.2))
    assert experiment.e_values_of_difference(estimate_from_se(1.0, 1.0), sd=2.0)[1] == 1.0
    assert np.isnan(experiment.e_values_of_difference(estimate_from_se(1.0, 0.0), sd=2.0)[0])


def test_simulated_ancova_false_positives_coverage_and_gain():
    """2,000 experiments at once: x explains 64 % of y, so the interval is .6 times as wide as without it."""
    rng, n, truth = np.random.default_rng(6), 60, 0.5
    x = rng.normal(size=(2_000, 2 * n))
    y = 0.8 * x + 0.6 * rng.normal(size=(2_000, 2 * n))
    y[:, :n] += truth
    hits, covered, widths = 0, 0, []
    for xs, ys in zip(x, y, strict=True):
        result = experiment.ancova(arm(ys[:n], xs[:n]), arm(ys[n:], xs[n:]))
        covered += result.ci_low <= truth <= result.ci_high
        null = experiment.ancova(arm(ys[:n] - truth, xs[:n]), arm(ys[n:], xs[n:]))
        hits += null.p_value < 0.05
        widths.append(result.se / experiment.mean_difference(arm(ys[:n]), arm(ys[n:])).se)
    assert 0.03 <= hits / 2_000 <= 0.07
    assert 0.93 <= covered / 2_000 <= 0.97
    assert np.mean(widths) == pytest.approx(0.6, abs=0.02)


def test_simulated_ratio_false_positives_and_coverage():
    """Units with 5 to 50 trials and rates of their own, 40 an arm; the delta method counts units, not trials."""
    rng, n, truth, hits, covered = np.random.default_rng(7), 40, 0.1, 0, 0
    size = (2_000, 2 * n)
    d = rng.integers(5, 51, size).astype(float)
    rate = rng.beta(4, 8, size)
    y = rng.binomial(d.astype(int), rate).astype(float)
    raised = rng.binomial(d.astype(int), np.minimum(rate + truth, 1.0)).astype(float)
    for trials, plain, more in zip(d, y, raised, strict=True):
        left = arm(plain[n:], d=trials[n:])
        hits += experiment.ratio_difference(arm(plain[:n], d=trials[:n]), left).p_value < 0.05
        found = experiment.ratio_difference(arm(more[:n], d=trials[:n]), left)
        covered += found.ci_low <= truth <= found.ci_high
    assert 0.03 <= hits / 2_000 <= 0.07
    assert 0.93 <= covered / 2_000 <= 0.97
