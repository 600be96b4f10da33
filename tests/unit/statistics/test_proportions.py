"""Wilson and Rogan-Gladen: worked numbers, boundaries, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from throughline.statistics import proportions


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(16, 100, 0.10095, 0.24420), (48, 300, 0.12285, 0.20574), (0, 20, 0.0, 0.16113), (20, 20, 0.83887, 1.0)],
)
def test_wilson(successes, n, low, high):
    share = proportions.wilson(successes, n)
    assert (share.ci_low, share.ci_high) == pytest.approx((low, high), abs=5e-6)
    assert share.ci_low <= share.value == successes / n <= share.ci_high


def test_wilson_of_nobody_is_not_a_number():
    assert np.isnan(proportions.wilson(0, 0).value)


@pytest.mark.parametrize(
    ("successes", "n", "shown"),
    [(10, 29, False), (10, 30, True), (10, 31, True), (4, 40, False), (5, 40, True), (35, 40, True), (36, 40, False)],
)
def test_boundaries_of_a_share_that_may_be_shown(successes, n, shown):
    assert proportions.is_publishable(successes, n) is shown


def test_rogan_gladen():
    assert proportions.rogan_gladen(0.30, 0.80, 0.95) == pytest.approx(1 / 3)  # (.30 + .95 - 1)/(.80 + .95 - 1)
    assert proportions.rogan_gladen(0.04, 0.80, 0.95) == 0.0
    assert proportions.rogan_gladen(0.90, 0.80, 0.95) == 1.0
    assert proportions.rogan_gladen(0.30, 0.70, 0.70) == pytest.approx(0.0)
    assert proportions.rogan_gladen(0.30, 0.70, 0.69) is None


def test_rogan_gladen_interval_covers_and_repeats():
    rng, covered, truth = np.random.default_rng(5), 0, 0.3
    for _ in range(300):
        found = rng.binomial(2_000, truth * 0.85 + (1 - truth) * 0.05)
        positive, negative = rng.binomial(100, 0.85), rng.binomial(100, 0.95)
        audit = {"true_positive": positive, "positive": 100, "true_negative": negative, "negative": 100}
        share = proportions.rogan_gladen_interval(found, 2_000, **audit, draws=1_000)
        covered += share.ci_low <= truth <= share.ci_high
    assert covered / 300 > 0.9
    audit = {"true_positive": 80, "positive": 100, "true_negative": 95, "negative": 100}
    assert proportions.rogan_gladen_interval(300, 1_000, **audit) == proportions.rogan_gladen_interval(
        300, 1_000, **audit
    )
    assert proportions.rogan_gladen_interval(300, 0, **audit) is None
    poor = {"true_positive": 60, "positive": 100, "true_negative": 70, "negative": 100}
    assert proportions.rogan_gladen_interval(300, 1_000, **poor) is None
