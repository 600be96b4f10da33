"""Stratified tables: Berkeley, a table worked by hand, the landmark design against the naive comparison."""

from __future__ import annotations

import numpy as np
import pytest

from throughline.statistics import strata

# (admitted, rejected) of men and women, departments A to F, 1973
MEN = ((512, 313), (353, 207), (120, 205), (138, 279), (53, 138), (22, 351))
WOMEN = ((89, 19), (17, 8), (202, 391), (131, 244), (94, 299), (24, 317))


def berkeley():
    rows = [(d, arm, *pair) for arm, table in ((1, MEN), (0, WOMEN)) for d, pair in enumerate(table)]
    stratum, arm, admitted, rejected = np.array(rows).T
    return strata.tables(stratum, arm, admitted + rejected, admitted)


def test_berkeley_common_odds_ratio_with_continuity_correction():
    result = strata.odds_ratio(berkeley())
    assert result.odds_ratio == pytest.approx(0.9046968, abs=5e-8)
    assert (result.ci_low, result.ci_high) == pytest.approx((0.7719074, 1.0603298), abs=5e-8)
    assert result.statistic == pytest.approx(1.4269, abs=5e-5)
    assert result.p_value == pytest.approx(0.2323, abs=5e-5)


def test_trap_correction_and_crude_ratio_give_other_answers():
    from statsmodels.stats.contingency_tables import StratifiedTable

    t = berkeley()
    uncorrected = StratifiedTable(np.array([[t.a, t.n1 - t.a], [t.b, t.n0 - t.b]])).test_null_odds(correction=False)
    assert uncorrected.statistic == pytest.approx(1.5246, abs=5e-5)
    men, women = np.sum(MEN, axis=0), np.sum(WOMEN, axis=0)
    assert men[0] * women[1] / (men[1] * women[0]) == pytest.approx(1.84, abs=0.005)
    assert strata.crude(t).ci_low > 0.1 and strata.risk_difference(t).ci_high < 0.05  # Simpson


def test_berkeley_departments_differ():
    statistic, df, p = strata.woolf(berkeley())
    assert (df, p) == (5, pytest.approx(0.0034272, abs=5e-8))
    assert statistic > 17


def two_strata():
    return strata.tables([1, 1, 2, 2], [1, 0, 1, 0], [40, 80, 60, 40], [12, 15, 20, 10])


def test_risk_difference_worked_by_hand():
    """(12*80 - 15*40)/120 + (20*40 - 10*60)/100 = 3 + 2 = 5; weights 40*80/120 + 60*40/100 = 50.667: .0986842."""
    result = strata.risk_difference(two_strata())
    assert result.estimate == pytest.approx(0.0986842, abs=5e-8)
    assert result.se == pytest.approx(0.0621658, abs=5e-8)
    wide = strata.risk_difference(two_strata(), design_effect=4.0)
    assert (wide.estimate, wide.se) == pytest.approx((result.estimate, 2 * result.se))


def test_standardised_to_the_exposed():
    """.4 (12/40 - 15/80) + .6 (20/60 - 10/40) = .045 + .05."""
    t = two_strata()
    assert strata.standardised(t).estimate == pytest.approx(0.095)
    # all: 120/220 * .1125 + 100/220 * .083333 = .0992424
    assert strata.standardised(t, standard="all").estimate == pytest.approx(0.0992424, abs=5e-8)
    one = strata.tables([1, 1], [1, 0], [40, 80], [12, 15])
    assert strata.standardised(one).se == pytest.approx(strata.crude(one).se)
    # .3 * .7/40 + .1875 * .8125/80
    assert strata.crude(one).se ** 2 == pytest.approx(0.00525 + 0.001904297, abs=1e-9)


def test_one_stratum_agrees_with_the_crude_difference():
    one = strata.tables([1, 1], [1, 0], [400, 800], [120, 150])
    assert strata.risk_difference(one).estimate == pytest.approx(strata.crude(one).estimate)
    assert strata.risk_difference(one).se == pytest.approx(strata.crude(one).se)


def test_strata_without_controls_are_left_out_and_reported():
    t = strata.tables([1, 1, 2], [1, 0, 1], [40, 80, 60], [12, 15, 50])
    assert t.overlap_share == pytest.approx(0.4)
    assert strata.risk_difference(t).estimate == pytest.approx(12 / 40 - 15 / 80)
    empty = strata.tables([1], [1], [40], [12])
    assert np.isnan(strata.risk_difference(empty).estimate) and np.isnan(strata.odds_ratio(empty).odds_ratio)
    assert np.isnan(strata.standardised(empty).estimate) and np.isnan(strata.woolf(empty)[2])


def test_no_events_gives_no_claim_and_no_crash():
    t = strata.tables([1, 1, 2, 2], [1, 0, 1, 0], [40, 80, 60, 40], [0, 0, 0, 0])
    assert np.isnan(strata.risk_difference(t).p_value) and np.isnan(strata.odds_ratio(t).p_value)
    assert strata.woolf(strata.tables([1, 1, 2, 2], [1, 0, 1, 0], [40, 80, 60, 40], [0, 5, 3, 0]))[2] > 0


def test_shards_order_and_labels_change_nothing():
    stratum, arm, n, y = (np.array(v) for v in ([1, 1, 2, 2], [1, 0, 1, 0], [40, 80, 60, 40], [12, 15, 20, 10]))
    whole = strata.risk_difference(two_strata())
    order = np.random.default_rng(0).permutation(8)
    halves = (np.tile(stratum, 2)[order], np.tile(arm, 2)[order], np.tile(n / 2, 2)[order], np.tile(y / 2, 2)[order])
    parts = strata.risk_difference(strata.tables(*halves))
    assert (parts.estimate, parts.se) == pytest.approx((whole.estimate, whole.se), rel=1e-12)
    named = strata.risk_difference(strata.tables(np.array(["", "b", "a"])[stratum], arm, n, y))
    assert (named.estimate, named.se) == pytest.approx((whole.estimate, whole.se), rel=1e-12)
    lost = strata.risk_difference(strata.tables(stratum, arm, n, n - y))  # y -> 1 - y
    assert (lost.estimate, lost.se) == pytest.approx((-whole.estimate, whole.se), rel=1e-12)


def test_icc_and_design_effect():
    """Two owners with (0, 0) and (1, 1): all variance lies between. Shuffled into (0, 1), (0, 1): none."""
    assert strata.intraclass_correlation([2, 2], [0, 2], [0, 2]) == pytest.approx(1.0)
    assert strata.intraclass_correlation([2, 2], [1, 1], [1, 1]) == 0.0
    assert np.isnan(strata.intraclass_correlation([1, 1], [1, 0], [1, 0]))
    assert strata.design_effect(21, 0.05) == pytest.approx(2.0)
    assert strata.design_effect(21, -0.05) == 1.0
    rng = np.random.default_rng(1)
    y = rng.normal(size=(2_000, 1)) * np.sqrt(0.3) + rng.normal(size=(2_000, 8)) * np.sqrt(0.7)
    found = strata.intraclass_correlation(np.full(2_000, 8), y.sum(axis=1), (y**2).sum(axis=1))
    assert found == pytest.approx(0.3, abs=0.02)


def test_standardised_mean_difference():
    assert strata.standardised_mean_difference(12.0, 4.0, 10.0, 4.0) == pytest.approx(1.0)
    assert strata.standardised_mean_difference(1.0, 0.0, 1.0, 0.0) == 0.0


def deals(rng, n):
    """Deals without any effect: a message arrives at a rate that has nothing to do with winning (impact.md 4.7)."""
    won = rng.random(n) < 0.25
    days = np.where(won, rng.lognormal(np.log(60), 0.6, n), rng.lognormal(np.log(30), 0.9, n))
    first = rng.exponential(1 / rng.gamma(2, 0.01, n))
    return won, days, first


def two_by_two(won, exposed, stratum):
    return strata.tables(
        np.concatenate([stratum, stratum]),
        np.repeat([1, 0], len(stratum)),
        np.concatenate([exposed, ~exposed]).astype(float),
        np.concatenate([won & exposed, won & ~exposed]).astype(float),
    )


@pytest.mark.parametrize(("n", "naive_rejects"), [(2_000, 0.99), (400, 0.75)])
def test_trap_deals_with_collaboration_win_more_without_any_effect(n, naive_rejects):
    """Naive: +13 points, rejected in 100 % (n = 2,000) and 85 % (n = 400) of the runs. Landmark at 14 days: about 0."""
    rng, naive, honest = np.random.default_rng(n), [], []
    for _ in range(2_000):
        won, days, first = deals(rng, n)
        stratum = rng.integers(0, 4, n)
        ever = two_by_two(won, first < days, np.zeros(n, dtype=int))
        naive.append(strata.crude(ever))
        open_ = days > 14
        at = two_by_two(won[open_], (first <= 14)[open_], stratum[open_])
        honest.append(strata.risk_difference(at))
    assert np.mean([r.p_value < 0.05 for r in naive]) > naive_rejects
    assert np.mean([r.estimate for r in naive]) == pytest.approx(0.13, abs=0.01)
    assert 0.03 <= np.mean([r.p_value < 0.05 for r in honest]) <= 0.07
    assert np.mean([r.estimate for r in honest]) == pytest.approx(0.0, abs=0.004)


def test_planted_difference_is_covered_where_the_naive_one_is_far_off():
    """Exposure is likelier in good strata (keen segments): crude is off by more than half, stratified is not."""
    rng, truth, inside, crude, honest = np.random.default_rng(5), 0.08, [], [], []
    base, keen, counts = np.array([0.15, 0.25, 0.45]), np.array([0.2, 0.4, 0.7]), np.array([300, 300, 300])
    for _ in range(2_000):
        exposed = rng.binomial(counts, keen)
        a, b = rng.binomial(exposed, base + truth), rng.binomial(counts - exposed, base)
        t = strata.Tables(*(v.astype(float) for v in (a, exposed, b, counts - exposed)))
        result = strata.risk_difference(t)
        inside.append(result.ci_low <= truth <= result.ci_high)
        honest.append(result.estimate)
        crude.append(strata.crude(t).estimate)
    assert 0.93 <= np.mean(inside) <= 0.97
    assert abs(np.mean(honest) - truth) < 0.1 * truth
    assert abs(np.mean(crude) - truth) > 0.5 * truth


def test_cmh_with_correction_is_conservative():
    rng, hits = np.random.default_rng(8), 0
    for _ in range(2_000):
        n1, n0 = np.full(4, 30.0), np.full(4, 40.0)
        t = strata.Tables(rng.binomial(30, 0.3, 4).astype(float), n1, rng.binomial(40, 0.3, 4).astype(float), n0)
        hits += strata.odds_ratio(t).p_value < 0.05
    assert hits / 2_000 <= 0.05
