"""Bass: room air conditioners, refusals, forecasts; chasm and stages on worked numbers."""

from __future__ import annotations

import numpy as np
import pytest

from throughline.statistics import adoption, chasm, forecast

# US room air conditioners, thousands, 1949 to 1961
ROOM_AC = np.array([96, 195, 238, 380, 1045, 1230, 1267, 1828, 1586, 1673, 1800, 1580, 1500], dtype=float)


def unstable_because(adoptions, m=None):
    return adoption.assess(adoptions, m=m)[1]


def test_room_air_conditioners_file(published):
    assert [float(r["adoptions"]) for r in published("bass_room_air_conditioners")] == ROOM_AC.tolist()


def test_room_air_conditioners_nls():
    found = adoption.fit(ROOM_AC)
    assert (found.p, found.q) == pytest.approx((0.0094, 0.3748), abs=5e-5)
    assert found.m == pytest.approx(18_713, abs=0.5)
    assert (found.p, found.se_p) == pytest.approx((0.00944, 0.00204), abs=5e-6)
    assert (found.q, found.se_q) == pytest.approx((0.37476, 0.0402), abs=5e-5)
    assert (found.m, found.se_m) == (pytest.approx(18_712.7, abs=0.05), pytest.approx(1_410, abs=5))
    assert found.peak == pytest.approx(9.58, abs=0.005)
    assert unstable_because(ROOM_AC) == ()


def test_room_air_conditioners_ols_is_a_diagnostic():
    assert adoption.fit_ols(ROOM_AC)[:2] == pytest.approx((0.0170, 0.4050), abs=0.0001)
    assert adoption.fit_ols(ROOM_AC)[2] == pytest.approx(17_091, abs=0.5)


def test_trap_ols_can_return_a_negative_p():
    weekly = curve(20, p=0.0005, q=0.35, seed=10)
    assert adoption.fit_ols(weekly)[0] < 0 < adoption.fit(weekly).p
    assert np.isnan(adoption.fit_ols(np.array([1.0, 2, 5, 12, 30]))[0])


@pytest.mark.parametrize(
    ("years", "m"), [(6, 4_754), (7, 6_103), (8, 13_508), (9, 11_837), (10, 13_660), (11, 16_485), (12, 17_537)]
)
def test_trap_a_free_market_size_is_fiction_before_the_peak(years, m):
    assert adoption.fit(ROOM_AC[:years]).m == pytest.approx(m, rel=0.001)
    if years < 9:  # later the nominal error no longer shows it: m stays fixed in the product
        assert unstable_because(ROOM_AC[:years]) != ()


def test_five_years_identify_no_market_at_all():
    assert adoption.fit(ROOM_AC[:5]).m > 1e6


def test_with_a_known_market_t16_is_steady_while_the_peak_is_not():
    """From 5 years on t16 stays within 5.2-6.4 years; T* still ranges over 7.3-10.7."""
    t16, peaks = [], []
    for years in range(5, 14):
        for scale in (0.8, 1.0, 1.25):
            found = adoption.fit(ROOM_AC[:years], m=scale * 18_713)
            t16.append(adoption.time_to_share(0.16, found.p, found.q))
            peaks.append(found.peak)
    assert (min(t16), max(t16)) == pytest.approx((5.2, 6.4), abs=0.05)
    assert (min(peaks), max(peaks)) == pytest.approx((7.3, 10.7), abs=0.05)


def test_worked_formulas():
    assert adoption.peak_time(0.01, 0.4) == pytest.approx(8.9973, abs=5e-5)
    assert adoption.peak_share(0.01, 0.4) == pytest.approx(0.4875)
    assert adoption.time_to_share(0.16, 0.01, 0.4) == pytest.approx(5.3069, abs=5e-5)
    assert adoption.external_share(0.16, 0.01, 0.4) == pytest.approx(0.3127, abs=5e-5)
    assert adoption.bass_share(adoption.peak_time(0.01, 0.4), 0.01, 0.4) == pytest.approx(0.4875)
    # m (p + q)^2/(4 q) = 100 * .1681/1.6; the slope of F there
    assert adoption.peak_rate(0.01, 0.4, 100) == pytest.approx(10.50625)
    assert adoption.peak_time(0.3, 0.2) is None and adoption.time_to_share(1.0, 0.01, 0.4) == np.inf


def curve(n, p=0.004, q=0.12, m=800.0, seed=None):
    expected = m * np.diff(adoption.bass_share(np.arange(n + 1.0), p, q))
    return expected if seed is None else np.random.default_rng(seed).poisson(expected).astype(float)


def test_exact_curve_is_recovered_and_does_not_depend_on_scale():
    found = adoption.fit(curve(20), m=800)
    assert (found.p, found.q) == pytest.approx((0.004, 0.12), rel=1e-5)
    assert adoption.fit(10 * curve(20, seed=1), m=8_000).q == pytest.approx(
        adoption.fit(curve(20, seed=1), m=800).q, rel=1e-5
    )


def test_refusals():
    assert unstable_because(curve(7), m=800) == ("fewer than 8 periods",)
    assert unstable_because(curve(8), m=800) == ()
    jump = np.array([5.0, 5, 5, 5, 5, 5, 5, 5, 5, 200])
    assert any("peak moves" in reason for reason in unstable_because(jump, m=800))
    assert any(
        "not above 0" in r for r in unstable_because(np.array([30.0, 26, 22, 19, 16, 14, 12, 10, 9, 8]), m=1_000)
    )
    assert forecast.forecast(curve(7), eligible=800) is None
    assert forecast.forecast(np.full(12, 90.0), eligible=1_000) is None  # more adopters than the ceiling holds
    assert forecast.t16_range(curve(7), eligible=800) is None


def test_forecast_bands_crossing_and_peak():
    seen = curve(15, seed=2)
    found = forecast.forecast(seen, eligible=800, horizon=20)
    assert found is not None and found.period.tolist() == list(range(16, 36))
    assert np.all(found.low_95 <= found.low_80) and np.all(found.low_80 <= found.median)
    assert np.all(np.diff(found.median) >= 0) and np.all(found.high_95 <= 800)
    assert found.peak is None  # T* = ln(30)/.124 = 27.4 is still ahead
    again = forecast.forecast(seen, eligible=800, horizon=20)
    assert again is not None and again.median.tolist() == found.median.tolist()
    assert found.t16_low_80 <= found.t16_median <= found.t16_high_80
    late = forecast.forecast(curve(40, seed=2), eligible=800, horizon=5)
    assert late is not None and late.peak == pytest.approx(27.4, abs=3)
    total = np.cumsum(curve(40, seed=2))
    i = int(np.flatnonzero(total >= 128)[0])
    assert late.t16_median == pytest.approx(i + (128 - total[i - 1]) / (total[i] - total[i - 1]))


def simulated_path(rng, weeks, p=0.004, q=0.12, m=800):
    total, path = 0, []
    for _week in range(weeks):
        at = adoption.time_to_share(total / m, p, q)
        here, after = adoption.bass_share(np.array([at, at + 1]), p, q)
        total += rng.binomial(m - total, (after - here) / (1 - here))
        path.append(total)
    return np.array(path, dtype=float)


def test_t16_range_spans_the_ceilings():
    new = np.diff(simulated_path(np.random.default_rng(1), 12), prepend=0.0)
    single = forecast.forecast(new, eligible=800, horizon=1)
    earliest, latest = forecast.t16_range(new, eligible=800)
    assert earliest <= single.t16_low_80 < single.t16_high_80 <= latest and latest - earliest < 10


@pytest.mark.parametrize(("weeks", "ahead"), [(10, 4), (16, 8), (24, 8)])
def test_simulated_forecasts_cover(weeks, ahead):
    """m known: the 80 % band holds the truth in at least 65 % of the runs, the 95 % band in 85 %."""
    rng, inside = np.random.default_rng(weeks), []
    for _ in range(80):
        path = simulated_path(rng, weeks + ahead)
        found = forecast.forecast(np.diff(path, prepend=0.0)[:weeks], eligible=800, horizon=ahead, draws=400)
        if found is not None:
            bounds = (found.low_80, found.high_80, found.low_95, found.high_95)
            low, high, lowest, highest = (b[-1] for b in bounds)
            inside.append((low <= path[-1] <= high, lowest <= path[-1] <= highest))
    assert len(inside) > 60
    assert np.mean(inside, axis=0)[0] >= 0.65 and np.mean(inside, axis=0)[1] >= 0.85


@pytest.mark.parametrize(
    ("adopters", "stage"),
    [(2.5, "innovators"), (2.6, "early_adopters"), (16, "early_adopters"), (16.1, "early_majority"),
     (50, "early_majority"), (84, "late_majority"), (84.1, "laggards")],
)  # fmt: skip
def test_rogers_stage_boundaries(adopters, stage):
    assert chasm.rogers_stage(adopters, 100) == stage


def test_trap_stage_is_of_eligible_people_not_of_adopters():
    assert chasm.rogers_stage(10, 100) == "early_adopters"
    assert chasm.rogers_stage(10, 10) == "laggards"
    assert chasm.rogers_stage(0, 0) is None


def test_chasm_needs_all_conditions():
    crossed = [(90, 300), (95, 300), (100, 300)]
    units = [(50, 150), (50, 150)]
    assert chasm.chasm_status([(16, 100)], units=[], habitual_adopters=16) == "in_chasm"
    assert chasm.chasm_status([(48, 300)], units=[], habitual_adopters=48) == "in_chasm"
    assert chasm.chasm_status([(0, 30)], units=[], habitual_adopters=0) == "before"  # Wilson upper .1135
    assert chasm.chasm_status([(0, 20)], units=[], habitual_adopters=0) == "in_chasm"  # upper .16113
    assert chasm.chasm_status(crossed, units=units, habitual_adopters=50) == "crossed"
    assert chasm.chasm_status(crossed, units=units, habitual_adopters=49) == "in_chasm"
    assert chasm.chasm_status(crossed[1:], units=units, habitual_adopters=50) == "in_chasm"
    keen = [(96, 150), (2, 100), (2, 50)]  # one keen department does not cross for the firm
    assert chasm.chasm_status(crossed, units=keen, habitual_adopters=90) == "in_chasm"
    small = [(96, 150), (4, 29), (0, 29)]  # units below 30 people do not vote
    assert chasm.chasm_status(crossed, units=small, habitual_adopters=90) == "crossed"
    assert chasm.chasm_status([(50, 300), *crossed[1:]], units=units, habitual_adopters=90) == "in_chasm"
    assert chasm.chasm_status([], units=[], habitual_adopters=0) is None


def test_growth_is_undetermined_unless_the_interval_excludes_zero():
    risk = np.full(8, 500.0)
    assert chasm.growth(np.array([2, 4, 7, 9, 11, 14, 15, 18.0]), risk).status == "growing"
    assert chasm.growth(np.array([18, 15, 14, 11, 9, 7, 4, 2.0]), risk).status == "falling"
    assert chasm.growth(np.array([9, 11, 8, 12, 9, 11, 10, 9.0]), risk).status == "undetermined"
    assert chasm.growth(np.arange(7.0), risk[:7]).status == "undetermined"
    longer = chasm.growth(np.array([90, 90, 2, 4, 7, 9, 11, 14, 15, 18.0]), np.full(10, 500.0))
    assert longer.slope == pytest.approx(chasm.growth(np.array([2, 4, 7, 9, 11, 14, 15, 18.0]), risk).slope)
