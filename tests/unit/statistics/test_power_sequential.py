"""Power as R prints it; always-valid intervals as published, and what weekly peeking does without them."""

from __future__ import annotations

import numpy as np
import pytest

from throughline.statistics import experiment, power, sequential
from throughline.statistics.estimate import estimate_from_se


def test_two_proportions_as_r_prints_it():
    assert power.power_two_proportions(50, 0.75, 0.50) == pytest.approx(0.7401659, abs=5e-8)
    assert power.size_two_proportions(0.75, 0.50, power=0.90) == pytest.approx(76.70693, abs=5e-6)
    assert power.power_two_proportions(76.70693, 0.50, 0.75) == pytest.approx(0.90, abs=1e-6)


def test_t_test_as_r_prints_it():
    assert power.size_t(1.0, power=0.90) == pytest.approx(22.0211, abs=5e-5)
    assert power.power_t(22.0211, 2.0, sd=2.0) == pytest.approx(0.90, abs=1e-5)
    assert power.size_t(0.0) == np.inf and power.size_two_proportions(0.2, 0.2) == np.inf


def test_trap_unpooled_variance_gives_other_digits():
    spread = np.sqrt(0.5 * 0.5 + 0.75 * 0.25)
    from scipy import special

    unpooled = special.ndtr((np.sqrt(50) * 0.25 - 1.959964 * spread) / spread)
    assert abs(unpooled - 0.7401659) > 0.005


@pytest.mark.parametrize(
    ("deals", "points"), [(100, 18.7), (200, 13.0), (400, 9.0), (800, 6.3), (1_600, 4.4), (3_200, 3.1)]
)
def test_most_firms_are_underpowered(deals, points):
    assert 100 * power.detectable_share(deals, 0.25) == pytest.approx(points, abs=0.05)
    if deals > 100:  # a design effect of 2 costs half of the deals
        twice = power.detectable_share(deals, 0.25, design_effect=2.0)
        assert twice == pytest.approx(power.detectable_share(deals / 2, 0.25), abs=1e-6)


def test_out_of_reach_is_nan():
    assert np.isnan(power.detectable_share(3, 0.95)) and np.isnan(power.detectable_share(100, 1.0))
    assert np.isnan(power.power_two_proportions(10, 0.0, 0.0))


def test_did_power_from_placebo_differences():
    """Differences with sd 1, 8 + 8 clusters: se = .5; (t.975 + t.80 at 14 df) .5 = (2.1448 + .8681)/2."""
    d = np.array([[-1.0, 1.0] * 8]) * np.sqrt(15 / 16)
    assert power.placebo_se(d, n_treated=8, n_control=8) == pytest.approx(0.5)
    assert power.detectable_did(d, n_treated=8, n_control=8) == pytest.approx(1.50643, abs=5e-5)
    shifted = np.vstack([d + 3, d - 2])  # a common quarter is no noise
    assert power.placebo_se(shifted, n_treated=8, n_control=8) == pytest.approx(0.5)
    needed = power.clusters_needed(d[0], 1.0)
    assert needed is not None
    half = needed // 2
    assert power.detectable_did(d[0], n_treated=half, n_control=needed - half) <= 1.0
    fewer = needed - 2
    assert power.detectable_did(d[0], n_treated=fewer // 2, n_control=fewer - fewer // 2) > 1.0
    assert power.clusters_needed(d[0], 1e-4, most=1_000) is None
    assert np.isnan(power.placebo_se(np.array([1.0]), n_treated=1, n_control=1))


def test_placebo_differences_worked_by_hand():
    """Windows of 2 before and 1 after: 3 - (1 + 2)/2 = 1.5, then 7 - (2 + 3)/2 = 4.5."""
    panel = np.array([[1.0, 2, 3, 7], [0, 0, 0, 0]])
    assert power.placebo_differences(panel, pre=2, post=1).tolist() == [[1.5, 0.0], [4.5, 0.0]]
    assert power.placebo_differences(panel, pre=4, post=1).shape == (0, 2)


def test_detectable_difference_is_found_in_80_percent_of_runs():
    rng, n, base = np.random.default_rng(1), 400, 0.25
    rise = power.detectable_share(n, base)
    won1, won0 = rng.binomial(n, base + rise, 4_000) / n, rng.binomial(n, base, 4_000) / n
    pooled = (won1 + won0) / 2
    found = abs(won1 - won0) > 1.959964 * np.sqrt(2 * pooled * (1 - pooled) / n)
    assert found.mean() == pytest.approx(0.80, abs=0.02)


def test_published_sequential_uplift():
    """A: n 3000; B: n 3461; tuned to 1,000 units."""
    a = experiment.Arm(3000, 1396.87, 52377.9767)
    b = experiment.Arm(3461, 2422.7, 134698.29)
    uplift = experiment.relative_uplift(b, a)
    assert uplift.estimate == pytest.approx(0.50336, abs=5e-6)
    assert uplift.se == pytest.approx(0.33341, abs=5e-6)
    result = sequential.always_valid(uplift, n=6461, planned_n=1000)
    assert (result.ci_low, result.ci_high) == pytest.approx((-0.55844, 1.56516), abs=5e-6)
    assert np.isnan(result.p_value) and result.ci_method == "confidence_sequence"


def test_width_at_the_end_and_degenerate_input():
    """N* at half the end: 1.56 times the ordinary interval at the end."""
    end = sequential.half_width(1.0, 5_200, 2_600)
    assert end / 1.959964 == pytest.approx(1.56, abs=0.005)
    assert np.isnan(sequential.always_valid(estimate_from_se(1.0, 0.0), n=100, planned_n=100).ci_low)
    assert sequential.is_first_look_allowed(100, 100) and not sequential.is_first_look_allowed(99, 500)


@pytest.mark.parametrize(("looks", "naive", "valid"), [(26, 0.27, 0.017), (52, 0.32, 0.023)])
def test_trap_weekly_peeking(looks, naive, valid):
    """Looks of 200 N(0,1): 27 % / 32 % false positives with ordinary intervals, about 2 % with the sequence."""
    rng, runs = np.random.default_rng(looks), 4_000
    n = 200.0 * np.arange(1, looks + 1)
    mean = rng.normal(size=(runs, looks)).cumsum(axis=1) * np.sqrt(200) / n
    se = 1 / np.sqrt(n)
    half = np.array([sequential.half_width(s, k, 100 * looks) for s, k in zip(se, n, strict=True)])
    assert (abs(mean) > 1.959964 * se).any(axis=1).mean() == pytest.approx(naive, abs=0.025)
    ever = (abs(mean) > half).any(axis=1).mean()
    assert ever == pytest.approx(valid, abs=0.008) and ever <= 0.05
