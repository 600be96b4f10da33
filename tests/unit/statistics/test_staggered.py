"""Callaway-Sant'Anna from cohort moments: R `did` on mpdta, an independent package, identities, simulations."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import statsmodels.api as sm

from throughline.statistics import aggregates, bacon, pretrend, staggered

# R did: att_gt(lemp ~ 1, control_group = "nevertreated", bstrap = FALSE), (g, t) -> (ATT, SE)
MPDTA_CELLS = {
    (2004, 2004): (-0.0105032462, 0.0232510364), (2004, 2005): (-0.0704231581, 0.0309847668),
    (2004, 2006): (-0.1372587389, 0.0364356643), (2004, 2007): (-0.1008113631, 0.0343592258),
    (2006, 2004): (0.0065201124, 0.0233268051), (2006, 2005): (-0.0027508188, 0.0195585610),
    (2006, 2006): (-0.0045946070, 0.0177551967), (2006, 2007): (-0.0412244715, 0.0202291807),
    (2007, 2004): (0.0305066556, 0.0150335603), (2007, 2005): (-0.0027258929, 0.0163958329),
    (2007, 2006): (-0.0310871194, 0.0178775113), (2007, 2007): (-0.0260544107, 0.0166554353),
}  # fmt: skip
MPDTA_EVENTS = {
    -3: (0.0305066556, 0.0150335603), -2: (-0.0005630846, 0.0132916447), -1: (-0.0244587450, 0.0142364022),
    0: (-0.0199318168, 0.0118263641), 1: (-0.0509573671, 0.0168934763), 2: (-0.1372587389, 0.0364356643),
    3: (-0.1008113631, 0.0343592258),
}  # fmt: skip
MPDTA_GROUPS = {
    2004: (-0.0797491266, 0.0263677994),
    2006: (-0.0229095392, 0.0167033303),
    2007: (-0.0260544107, 0.0166554353),
}
DIGITS = 5.1e-11


def columns(rows):
    return {name: np.array([float(r[name]) for r in rows]) for name in rows[0]}


def from_columns(c, **options):
    names = ("n_units", "sum_y_t", "sum_y_t_y_s")
    return staggered.cohort_moments(c["cohort"], c["t"], c["s"], **{n: c[n] for n in names}, **options)


def sums(y, start, first=1):
    """Panel y [units, T] and start [units] -> the columns that the warehouse returns."""
    out = []
    for g in np.unique(start):
        block = y[start == g]
        for t in range(y.shape[1]):
            for s in range(t, y.shape[1]):
                out.append((g, t + first, s + first, len(block), block[:, t].sum(), (block[:, t] * block[:, s]).sum()))
    names = ("cohort", "t", "s", "n_units", "sum_y_t", "sum_y_t_y_s")
    return dict(zip(names, np.array(out, dtype=float).T, strict=True))


def panel(seed, starts, counts, periods, growth=0.0, effect=0.0):
    """Unit and period effects, noise; the effect starts at `start` and grows by `growth` a period."""
    rng = np.random.default_rng(seed)
    start = np.repeat(starts, counts)
    time = np.arange(1, periods + 1)
    since = np.where(start[:, None] > 0, time - start[:, None], -1)
    y = rng.normal(size=(len(start), 1)) + 0.3 * time + rng.normal(size=(len(start), periods))
    return y + np.where(since >= 0, effect + growth * np.maximum(since, 0), 0.0), start


@pytest.fixture(scope="module")
def mpdta(published):
    return from_columns(columns(published("mpdta_cohort_moments")))


def test_mpdta_group_time_cells(mpdta):
    cells = staggered.group_time(mpdta)
    got = {(int(g), int(t)): (a, s) for g, t, a, s in zip(cells.group, cells.period, cells.att, cells.se, strict=True)}
    assert got.keys() == MPDTA_CELLS.keys()
    for key, expected in MPDTA_CELLS.items():
        assert got[key] == pytest.approx(expected, abs=DIGITS)


def test_mpdta_aggregates(mpdta):
    cells = staggered.group_time(mpdta)
    expected = {
        aggregates.simple: (-0.0399512752, 0.0120340128),
        aggregates.dynamic: (-0.0772398215, 0.0199649891),
        aggregates.group: (-0.0310182822, 0.0124460593),
    }
    for function, numbers in expected.items():
        result = function(cells)
        assert (result.estimate, result.se) == pytest.approx(numbers, abs=DIGITS)
    study = aggregates.event_study(cells)
    for event, numbers in MPDTA_EVENTS.items():
        assert (study.at(event).estimate, study.at(event).se) == pytest.approx(numbers, abs=DIGITS)
    for cohort, weighting in aggregates.group_weightings(cells).items():
        result = aggregates.aggregate(cells, weighting)
        assert (result.estimate, result.se) == pytest.approx(MPDTA_GROUPS[cohort], abs=DIGITS)


def test_mpdta_pretrend_passes_and_is_blind(mpdta):
    """p = .168, and yet a drift of .027 a year (67 % of the effect) would hardly have been seen."""
    cells = staggered.group_time(mpdta)
    found = pretrend.pretrend(cells)
    assert (found.stat, found.df) == (pytest.approx(7.79123662720035, abs=1e-9), 5)
    assert found.p_value == pytest.approx(0.16812, abs=5e-6)
    assert found.p_value < found.p_value_f < 0.27  # F allows for the cohort of 40
    assert found.mdv == pytest.approx(0.02667, abs=5e-6)
    assert found.mdv / abs(aggregates.simple(cells).estimate) == pytest.approx(0.67, abs=0.005)
    assert found.pre_periods_count == 4
    assert pretrend.noncentrality(5) == pytest.approx(12.83, abs=0.005)
    # (.0199318 - 1.959964 * .0118264) / .0305067 = -.10645
    assert pretrend.breakdown(aggregates.event_study(cells).at(0), found.jumps) == pytest.approx(-0.10645, abs=5e-6)


def test_mpdta_moments_file_equals_the_rows(published, mpdta):
    import pandas as pd

    rows = published("mpdta")
    frame = pd.DataFrame({k: [float(r[k]) for r in rows] for k in ("year", "countyreal", "lemp", "first_treat")})
    wide = frame.pivot(index=["countyreal", "first_treat"], columns="year", values="lemp")
    moments = from_columns(sums(wide.to_numpy(), wide.index.get_level_values(1).to_numpy(), first=2003))
    assert aggregates.simple(staggered.group_time(moments)).se == pytest.approx(0.0120340127701854, abs=1e-10)
    assert np.allclose(moments.cov, mpdta.cov, atol=1e-10)


def test_trap_forgetting_the_weight_and_control_terms_gives_other_errors(mpdta):
    cells = staggered.group_time(mpdta, control_group="not_yet")
    weighting = aggregates.simple_weighting(cells)
    fixed = np.sqrt(staggered.covariance(cells, weighting.weight[None, :])[0, 0])
    assert aggregates.simple(cells).se != pytest.approx(fixed, rel=1e-4)


def long_frame(y, start):
    import pandas as pd

    units, periods = y.shape
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(units), periods),
            "time": np.tile(np.arange(1, periods + 1), units),
            "start": np.repeat(start, periods),
            "y": y.ravel(),
        }
    )


@pytest.mark.parametrize("control_group", ["never", "not_yet"])
@pytest.mark.parametrize("anticipation", [0, 1])
def test_equals_an_independent_package(control_group, anticipation):
    from diff_diff import CallawaySantAnna

    y, start = panel(1, [0, 4, 5, 7], [40, 25, 30, 20], 8, growth=0.2, effect=0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = CallawaySantAnna(
            control_group="never_treated" if control_group == "never" else "not_yet_treated",
            anticipation=anticipation, estimation_method="reg", cband=False,
        ).fit(long_frame(y, start), "y", "unit", "time", "start")  # fmt: skip
        aggregated = oracle.aggregate("event_study")
    moments = from_columns(sums(y, start), anticipation=anticipation)
    cells = staggered.group_time(moments, control_group=control_group, anticipation=anticipation)
    ours = {(int(g), int(t)): (a, s) for g, t, a, s in zip(cells.group, cells.period, cells.att, cells.se, strict=True)}
    common = set(ours) & {(int(g), int(t)) for g, t in oracle.group_time_effects}
    assert len(common) >= 18
    for key in common:
        theirs = oracle.group_time_effects[key]
        assert ours[key] == pytest.approx((theirs["effect"], theirs["se"]), rel=1e-9), key
    if anticipation == 0:
        simple = aggregates.simple(cells)
        assert (simple.estimate, simple.se) == pytest.approx((oracle.overall_att, oracle.overall_se), rel=1e-9)
        study = aggregates.event_study(cells)
        theirs = {int(e): (a, s) for e, a, s in zip(aggregated.event_time, aggregated.att, aggregated.se, strict=True)}
        assert set(study.event_time.tolist()) <= set(theirs)
        for event, one in zip(study.event_time, study.estimates, strict=True):
            assert (one.estimate, one.se) == pytest.approx(theirs[int(event)], rel=1e-9), event


def test_bacon_weights_equal_regression_and_package():
    import pandas as pd
    from diff_diff import bacon_decompose

    y, start = panel(2, [0, 3, 5, 6], [30, 20, 25, 15], 8, growth=0.3)
    ours = bacon.decompose(from_columns(sums(y, start)))
    frame = long_frame(y, start)
    treated = ((start[:, None] > 0) & (np.arange(1, 9) >= start[:, None])).ravel().astype(float)
    dummies = pd.get_dummies(frame[["unit", "time"]].astype("category"), drop_first=True).to_numpy(float)
    fit = sm.OLS(frame["y"].to_numpy(), np.column_stack([treated, np.ones(len(frame)), dummies])).fit()
    assert ours.twfe == pytest.approx(fit.params[0], rel=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = bacon_decompose(frame, "y", "unit", "time", "start")
    assert ours.forbidden_weight == pytest.approx(theirs.total_weight_later_vs_earlier, rel=1e-9)
    assert ours.weight_never == pytest.approx(theirs.total_weight_treated_vs_never, rel=1e-9)
    assert ours.forbidden_weight + ours.weight_never + ours.weight_earlier_vs_later == pytest.approx(1)


def test_one_cohort_two_periods_is_the_welch_difference_of_changes():
    """n instead of n - 1 in the variance is the only difference to the collapsed design."""
    y, start = panel(3, [0, 2], [30, 20], 2)
    cells = staggered.group_time(from_columns(sums(y, start)))
    change = y[:, 1] - y[:, 0]
    treated, control = change[start == 2], change[start == 0]
    assert cells.att[0] == pytest.approx(treated.mean() - control.mean(), rel=1e-9)
    assert cells.se[0] ** 2 == pytest.approx(treated.var() / 20 + control.var() / 30, rel=1e-9)


def test_shards_scale_relabelling_and_order():
    y, start = panel(4, [0, 3, 4], [30, 20, 25], 6, effect=0.5)
    base_cells = staggered.group_time(from_columns(sums(y, start)))
    base, study, before = (
        aggregates.simple(base_cells),
        aggregates.event_study(base_cells),
        pretrend.pretrend(base_cells),
    )
    halves = [sums(y[i::2], start[i::2]) for i in range(2)]
    stacked = {k: np.concatenate([h[k] for h in halves]) for k in halves[0]}
    order = np.random.default_rng(0).permutation(len(stacked["t"]))
    sharded = aggregates.simple(staggered.group_time(from_columns({k: v[order] for k, v in stacked.items()})))
    assert (sharded.estimate, sharded.se) == pytest.approx((base.estimate, base.se), rel=1e-9)
    cells = staggered.group_time(from_columns(sums(5 - 2 * y, start)))
    scaled = aggregates.simple(cells)
    assert (scaled.estimate, scaled.se, scaled.p_value) == pytest.approx(
        (-2 * base.estimate, 2 * base.se, base.p_value), rel=1e-8
    )
    assert pretrend.pretrend(cells).stat == pytest.approx(before.stat, rel=1e-8)
    assert aggregates.event_study(cells).critical_value == pytest.approx(study.critical_value, rel=1e-8)
    later = aggregates.simple(
        staggered.group_time(from_columns(sums(y, np.where(start > 0, start + 100, 0), first=101)))
    )
    assert (later.estimate, later.se) == pytest.approx((base.estimate, base.se), rel=1e-9)


def test_trap_large_amounts_need_a_shift():
    """At a mean of 1e8 sums of squares in doubles cancel; a fixed shift keeps every digit."""
    y, start = panel(5, [0, 3], [40, 40], 5)
    good = aggregates.simple(staggered.group_time(from_columns(sums(y, start))))
    shifted = aggregates.simple(staggered.group_time(from_columns(sums((y + 1e8) - 1e8, start))))
    plain = from_columns(sums(y + 1e9, start))
    assert (shifted.estimate, shifted.se) == pytest.approx((good.estimate, good.se), rel=1e-6)
    assert not np.allclose(plain.cov, from_columns(sums(y, start)).cov, rtol=0.1)


def test_small_cohorts_are_merged_under_the_earlier_start_or_dropped():
    y, start = panel(6, [0, 3, 4, 6], [30, 20, 4, 25], 8)
    columns_ = sums(y, start)
    merged = from_columns(columns_)
    assert merged.cohort.tolist() == [0, 3, 6] and merged.n.tolist() == [30, 24, 25]
    assert merged.merged == ((4, 3),) and merged.n_units_dropped == 0
    together = from_columns(sums(y, np.where(start == 4, 3, start)))
    assert np.allclose(merged.cov, together.cov, atol=1e-12)
    dropped = from_columns(columns_, small="drop")
    assert dropped.cohort.tolist() == [0, 3, 6] and dropped.n_units_dropped == 4
    five = from_columns(sums(*panel(6, [0, 3, 4], [30, 20, 5], 8)))
    assert five.cohort.tolist() == [0, 3, 4]


def test_several_small_cohorts_collapse_and_the_last_is_refused():
    moments = from_columns(sums(*panel(7, [0, 3, 4, 5], [30, 2, 2, 2], 8)))
    assert moments.cohort.tolist() == [0, 3] and moments.merged == ((4, 3), (5, 3))
    alone = from_columns(sums(*panel(7, [0, 4], [30, 4], 8)))
    assert alone.cohort.tolist() == [0] and alone.n_units_dropped == 4
    cells = staggered.group_time(alone)
    assert np.isnan(aggregates.simple(cells).estimate)
    assert pretrend.pretrend(cells).basis == "none" and len(aggregates.event_study(cells).event_time) == 0


def test_trap_a_cohort_of_one_unit_has_no_variance():
    """Kept as it is, its error counts the controls only: several times too small."""
    kept = staggered.group_time(from_columns(sums(*panel(8, [0, 3], [200, 1], 5)), small="keep"))
    assert np.all(kept.se < 0.3)  # the truth is sd(change) = sqrt(2)
    assert np.isnan(
        aggregates.simple(staggered.group_time(from_columns(sums(*panel(8, [0, 3], [200, 1], 5))))).estimate
    )


def test_always_treated_and_never_reached_cohorts():
    y, start = panel(9, [0, 1, 4, 20], [30, 6, 20, 10], 6)
    moments = from_columns(sums(y, start))
    assert moments.cohort.tolist() == [0, 4] and moments.n.tolist() == [40, 20] and moments.n_units_dropped == 6
    assert staggered.choose_control_group(moments) == "never"


def test_without_never_treated_the_not_yet_treated_are_used():
    moments = from_columns(sums(*panel(10, [3, 6], [30, 30], 6)))
    assert staggered.choose_control_group(moments) == "not_yet"
    cells = staggered.group_time(moments, control_group="not_yet")
    assert {(int(g), int(t)) for g, t in zip(cells.group, cells.period, strict=True) if t >= g} == {
        (3, 3),
        (3, 4),
        (3, 5),
    }
    assert not len(staggered.group_time(moments, control_group="never").att)


@pytest.mark.parametrize("periods", [0, 1, 2])
def test_too_little_data_gives_no_estimate_and_no_crash(periods):
    columns_ = sums(*panel(15, [0, 2], [30, 30], max(periods, 1)))
    cells = staggered.group_time(from_columns({k: v[: len(v) if periods else 0] for k, v in columns_.items()}))
    assert np.isnan(aggregates.simple(cells).estimate) == (periods < 2)
    assert pretrend.pretrend(cells).basis == "none"
    assert np.isnan(bacon.decompose(cells.moments).twfe) == (periods < 2)


def test_simultaneous_band_is_wider_than_pointwise_and_reproducible():
    study, again = (
        aggregates.event_study(staggered.group_time(from_columns(sums(*panel(11, [0, 4], [40, 40], 8)))))
        for _ in range(2)
    )
    assert study.critical_value > 1.96 and study.sim_low.tolist() == again.sim_low.tolist()
    assert np.all(study.sim_low < [e.ci_low for e in study.estimates])
    assert study.n_units.tolist() == [40] * 7


def test_strata_are_averaged_by_treated_share():
    result = staggered.post_stratify(np.array([1.0, 3.0]), np.array([0.1, 0.2]), np.array([30.0, 10.0]))
    assert result.estimate == pytest.approx(1.5)  # .75 * 1 + .25 * 3
    # .75^2 .01 + .25^2 .04 + (.75 + .25 * 9 - 2.25)/40 = .005625 + .0025 + .01875
    assert result.se**2 == pytest.approx(0.026875)


def simulate(kind, repetitions, seed):
    """15-30 units a cohort, three kinds of planted effect -> (error, covered, rejected) for two aggregates."""
    rng = np.random.default_rng(seed)
    starts, counts, periods = np.array([0, 4, 5, 7]), np.array([30, 20, 15, 25]), 8
    start, time = np.repeat(starts, counts), np.arange(1, periods + 1)
    since = np.where(start[:, None] > 0, time - start[:, None], -1)
    truth = {
        "none": np.zeros_like(since, dtype=float),
        "homogeneous": np.where(since >= 0, 0.5, 0.0),
        "growing": np.where(since >= 0, 0.2 * (since + 1), 0.0),
        "by_cohort": np.where(since >= 0, start[:, None] / 6.0, 0.0),
    }[kind]
    upper = np.triu_indices(periods)
    names = {
        "cohort": np.repeat(starts, len(upper[0])),
        "t": np.tile(upper[0] + 1, 4),
        "s": np.tile(upper[1] + 1, 4),
        "n_units": np.repeat(counts, len(upper[0])),
    }
    # the average treated unit-period; and the mean of event-time means
    expected = {
        aggregates.simple: truth[since >= 0].mean(),
        aggregates.dynamic: np.mean([truth[since == e].mean() for e in range(since.max() + 1)]),
    }
    out = {function: [] for function in expected}
    for _ in range(repetitions):
        noise = rng.normal(size=(len(start), 1)) + rng.normal(size=(len(start), periods)).cumsum(axis=1) * 0.3
        y = noise + rng.normal(size=(len(start), periods)) + truth + 0.3 * time
        blocks = [y[start == g] for g in starts]
        names["sum_y_t"] = np.concatenate([b.sum(axis=0)[upper[0]] for b in blocks])
        names["sum_y_t_y_s"] = np.concatenate([(b.T @ b)[upper] for b in blocks])
        cells = staggered.group_time(from_columns(names))
        for function, value in expected.items():
            result = function(cells)
            out[function].append(
                (result.estimate - value, result.ci_low <= value <= result.ci_high, result.p_value < 0.05)
            )
    return {f: (np.array(rows), expected[f]) for f, rows in out.items()}


@pytest.mark.parametrize("kind", ["none", "homogeneous", "growing", "by_cohort"])
def test_simulated_false_positives_coverage_and_bias(kind):
    for rows, truth in simulate(kind, 2_000, 70).values():
        error, covered, rejected = rows.mean(axis=0)
        assert 0.93 <= covered <= 0.97
        if kind == "none":
            assert 0.03 <= rejected <= 0.07
        else:
            assert abs(error) < 0.1 * truth


def test_trap_two_way_fixed_effects_is_off_where_effects_grow():
    y, start = panel(12, [3, 7], [400, 400], 12, growth=0.5, effect=0.5)
    moments = from_columns(sums(y, start))
    found = bacon.decompose(moments)
    cells = staggered.group_time(moments, control_group="not_yet")
    truth = 0.5 + 0.5 * np.arange(4).mean()  # cohort 3 in periods 3..6
    assert found.forbidden_weight > 0.5
    assert aggregates.simple(cells).estimate == pytest.approx(truth, rel=0.1)
    assert abs(found.twfe - truth) > 0.5 * truth


def test_many_pre_periods_do_not_break_the_joint_test():
    """24 pre-periods and 30 units: all cells would reject most of the time, the nearest leads about 1 in 20."""
    rng, hits = np.random.default_rng(13), 0
    start = np.repeat([0, 25], [30, 30])
    for _ in range(300):
        y = rng.normal(size=(60, 26))
        found = pretrend.pretrend(staggered.group_time(from_columns(sums_fast(y, start))))
        assert found.basis == "event_time" and found.df == 3
        hits += found.p_value_f < 0.05
    assert hits / 300 <= 0.09


def sums_fast(y, start):
    upper, groups = np.triu_indices(y.shape[1]), np.unique(start)
    blocks = [y[start == g] for g in groups]
    return {
        "cohort": np.repeat(groups, len(upper[0])), "t": np.tile(upper[0] + 1, len(groups)),
        "s": np.tile(upper[1] + 1, len(groups)), "n_units": np.repeat([len(b) for b in blocks], len(upper[0])),
        "sum_y_t": np.concatenate([b.sum(axis=0)[upper[0]] for b in blocks]),
        "sum_y_t_y_s": np.concatenate([(b.T @ b)[upper] for b in blocks]),
    }  # fmt: skip


def test_2000_units_120_periods_20_cohorts_in_seconds():
    rng = np.random.default_rng(14)
    start = np.concatenate([np.zeros(400, dtype=int), np.repeat(np.arange(30, 110, 4), 80)])
    cells = staggered.group_time(from_columns(sums_fast(rng.normal(size=(2_000, 120)), start)))
    assert len(cells.att) == 20 * 119
    assert aggregates.simple(cells).se > 0 and pretrend.pretrend(cells).df > 0
    assert len(aggregates.event_study(cells).event_time) > 100
