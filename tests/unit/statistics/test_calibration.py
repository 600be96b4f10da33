"""Placebo starts and lots on a past without any programme: the method keeps its level, and says what it would find."""

from __future__ import annotations

import numpy as np
import pytest

from throughline.statistics import calibration, did


def past(seed, clusters=16, periods=60):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(clusters, 1)) + rng.normal(size=periods) + 0.5 * rng.normal(size=(clusters, periods))


def test_false_alarms_coverage_and_uniform_p_values():
    """Fresh pasts, because the draws from one past depend on each other: all together at the nominal level."""
    found = [calibration.calibrate_did(past(s), n_treated=8, pre=8, post=4, draws=200) for s in range(40)]
    assert 0.03 <= np.mean([f.false_alarm_share for f in found]) <= 0.07
    assert 0.93 <= np.mean([f.covered_share for f in found]) <= 0.97
    p = np.concatenate([f.p_values for f in found])
    assert np.quantile(p, [0.25, 0.5, 0.75]) == pytest.approx([0.25, 0.5, 0.75], abs=0.03)


def test_planted_difference_is_found_more_often_when_larger():
    shares = [
        calibration.calibrate_did(past(1), n_treated=8, pre=8, post=4, planted=x).found_share for x in (0.1, 0.5, 2.0)
    ]
    assert shares == sorted(shares) and shares[-1] > 0.99
    assert np.isnan(calibration.calibrate_did(past(1), n_treated=8, pre=8, post=4).found_share)


def test_one_draw_is_the_collapsed_estimate():
    panel = past(2, clusters=6, periods=12)
    change, treated = panel[:, 8:].mean(axis=1) - panel[:, :8].mean(axis=1), np.arange(6) < 3
    estimate, variance, df = calibration._welch(change[None, :], treated[None, :])
    ours = did.difference(change, treated)
    assert (estimate[0], np.sqrt(variance[0]), df[0]) == pytest.approx((ours.estimate, ours.se, ours.df), rel=1e-10)


def test_order_of_clusters_and_repetition_change_nothing():
    panel = past(3)
    base = calibration.calibrate_did(panel, n_treated=5, pre=8, post=4)
    other = calibration.calibrate_did(panel[::-1], n_treated=5, pre=8, post=4)
    assert base.p_values.tolist() == other.p_values.tolist()


def test_too_short_a_past_or_too_few_clusters_is_none():
    assert calibration.calibrate_did(past(4, periods=11), n_treated=8, pre=8, post=4) is None
    assert calibration.calibrate_did(past(4, periods=12), n_treated=8, pre=8, post=4) is not None
    assert calibration.calibrate_did(past(4), n_treated=1, pre=8, post=4) is None


def test_a_past_without_variation_raises_no_alarm():
    found = calibration.calibrate_did(np.zeros((8, 20)), n_treated=4, pre=4, post=4)
    assert found.false_alarm_share == 0 and found.covered_share == 1


def fresh(seed, count, make):
    """Shares over many fresh pasts, because the draws from one past depend on each other."""
    found = [make(np.random.default_rng([seed, number])) for number in range(count)]
    return np.mean([one.false_alarm_share for one in found]), np.mean([one.covered_share for one in found])


def test_permutations_and_splits_keep_their_level():
    def changes(rng):
        return rng.normal(size=(3, 20))

    alarms, _ = fresh(1, 30, lambda rng: calibration.calibrate_permutation(changes(rng), n_treated=8, draws=300))
    assert 0.03 <= alarms <= 0.07
    alarms, covered = fresh(2, 30, lambda rng: calibration.calibrate_split(changes(rng), n_treated=8, draws=300))
    assert 0.03 <= alarms <= 0.07 and 0.93 <= covered <= 0.97


def test_a_permutation_finds_what_welch_finds():
    changes = np.random.default_rng(3).normal(size=(2, 20))
    welch = calibration.calibrate_split(changes, n_treated=8, planted=1.5)
    permuted = calibration.calibrate_permutation(changes, n_treated=8, planted=1.5)
    assert permuted.found_share == pytest.approx(welch.found_share, abs=0.08) and permuted.found_share > 0.6
    assert np.isnan(permuted.covered_share)


def test_placebo_exposure_keeps_its_level_over_like_owners():
    def one(rng):
        n = np.full((60, 3), 8.0)
        return calibration.calibrate_exposure(
            n, rng.binomial(8, 0.25, (60, 3)).astype(float), exposed_share=0.4, draws=200
        )

    alarms, covered = fresh(4, 30, one)
    assert 0.03 <= alarms <= 0.07 and 0.93 <= covered <= 0.97


def test_several_starts_keep_their_level():
    starts = np.repeat([0, 30, 31], [14, 8, 8])
    alarms, covered = fresh(
        5, 12, lambda rng: calibration.calibrate_staggered(rng.normal(size=(30, 8)), starts=starts, draws=60)
    )
    assert 0.02 <= alarms <= 0.08 and 0.92 <= covered <= 0.98  # 720 draws: Monte Carlo error .8 points
