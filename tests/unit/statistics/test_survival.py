"""Durations: AML and Stanford heart transplants, ten deals by hand, closed-deal averages, identities."""

from __future__ import annotations

import numpy as np
import pytest

from throughline.statistics import survival

# time, remission ended, censored (Miller; acute myelogenous leukaemia)
MAINTAINED = ((9, 13, 18, 23, 28, 31, 34, 45, 48, 161), (1, 1, 1, 1, 0, 1, 1, 0, 1, 0), (0, 1, 0, 0, 1, 0, 0, 1, 0, 1))
NOT_MAINTAINED = (
    (5, 8, 12, 16, 23, 27, 30, 33, 43, 45),
    (2, 2, 1, 0, 1, 1, 1, 1, 1, 1),
    (0, 0, 0, 1, 0, 0, 0, 0, 0, 0),
)
# R summary(survfit): time -> (S to 3 or 4 digits, Greenwood se)
AML = (
    (MAINTAINED, 0.0005, {9: (0.909, 0.0867), 13: (0.818, 0.1163), 18: (0.716, 0.1397), 23: (0.614, 0.1526),
                          31: (0.491, 0.1642), 34: (0.368, 0.1627), 48: (0.184, 0.1535)}),
    (NOT_MAINTAINED, 0.00005, {5: (0.8333, 0.1076), 8: (0.6667, 0.1361), 12: (0.5833, 0.1423), 23: (0.4861, 0.1481),
                               27: (0.3889, 0.1470), 30: (0.2917, 0.1387), 33: (0.1944, 0.1219), 43: (0.0972, 0.0919)}),
)  # fmt: skip
# ten deals: won 10, 30, 60; lost 5, 20, 20, 40; open 15, 50, 90
DEALS = ([5, 10, 15, 20, 30, 40, 50, 60, 90], [0, 1, 0, 0, 1, 0, 0, 1, 0], [1, 0, 0, 2, 0, 1, 0, 0, 0],
         [0, 0, 1, 0, 0, 0, 1, 0, 1])  # fmt: skip


@pytest.mark.parametrize(("counts", "digits", "points"), AML)
def test_aml_kaplan_meier_with_greenwood_errors(counts, digits, points):
    curve = survival.kaplan_meier(*counts)
    for t, (s, se) in points.items():
        found = survival.survival_at(curve, t)
        assert found.estimate == pytest.approx(s, abs=digits)
        assert found.se == pytest.approx(se, abs=0.00005)


def test_aml_medians_with_log_limits_and_no_upper_limit():
    assert survival.quantile_time(survival.kaplan_meier(*MAINTAINED)) == (31, 18, None)
    assert survival.quantile_time(survival.kaplan_meier(*NOT_MAINTAINED)) == (23, 8, None)


def stacked(stratum=0):
    rows = [(stratum, arm, *row) for arm, c in ((1, MAINTAINED), (0, NOT_MAINTAINED)) for row in zip(*c, strict=True)]
    return np.array(rows, dtype=float).T


def test_aml_log_rank():
    result = survival.log_rank(*stacked())
    assert result.statistic == pytest.approx(3.4, abs=0.05)
    assert result.statistic == pytest.approx(3.396, abs=0.0005)


def test_log_rank_strata_add_up_and_shards_too():
    one, two = stacked(), np.concatenate([stacked(0), stacked(1)], axis=1)
    single, double = survival.log_rank(*one), survival.log_rank(*two)
    assert (double.excess, double.variance) == pytest.approx((2 * single.excess, 2 * single.variance))
    half = np.concatenate([one, one], axis=1)
    half[3:] /= 2
    assert survival.log_rank(*half[:, np.random.default_rng(0).permutation(half.shape[1])]).excess == pytest.approx(
        single.excess
    )
    flipped = one.copy()
    flipped[1] = 1 - flipped[1]
    assert survival.log_rank(*flipped).statistic == pytest.approx(single.statistic)


def test_curve_equals_statsmodels_rows():
    from statsmodels.duration.survfunc import SurvfuncRight, survdiff

    rng = np.random.default_rng(1)
    t, event, arm = rng.integers(1, 40, 200), rng.random(200) < 0.7, rng.integers(0, 2, 200)
    theirs = SurvfuncRight(t, event)
    curve = survival.kaplan_meier(t, event, ~event)
    for time, s, se in zip(theirs.surv_times, theirs.surv_prob, theirs.surv_prob_se, strict=True):
        ours = survival.survival_at(curve, time)
        assert (ours.estimate, ours.se) == pytest.approx((s, se), abs=1e-10)
    group = rng.integers(0, 3, 200)
    chi2, p = survdiff(t, event, arm, strata=group)
    ours = survival.log_rank(group, arm, t, event, ~event)
    assert (ours.statistic, ours.p_value) == pytest.approx((float(chi2), float(p)), rel=1e-10)


def test_ten_deals_worked_by_hand():
    result = survival.aalen_johansen(*DEALS, 90)
    assert result.estimate == pytest.approx(0.385714, abs=5e-7)
    times, won, lost, open_ = map(np.array, DEALS)
    any_close = survival.kaplan_meier(times, won + lost, open_)
    assert survival.survival_at(any_close, 90).estimate == pytest.approx(0.171429, abs=5e-7)
    assert survival.at_risk_at(any_close, 20) == 7 and survival.at_risk_at(any_close, 91) == 0


def test_trap_one_minus_kaplan_meier_overstates_winning():
    times, won, lost, open_ = map(np.array, DEALS)
    wrong = 1 - survival.survival_at(survival.kaplan_meier(times, won, lost + open_), 90).estimate
    assert wrong == pytest.approx(0.644444, abs=5e-7)


def test_aalen_johansen_without_censoring_is_a_plain_share():
    rng = np.random.default_rng(2)
    t, won = rng.integers(1, 60, 300), rng.random(300) < 0.3
    result = survival.aalen_johansen(t, won, ~won, np.zeros(300), 30)
    share = np.mean(won & (t <= 30))
    assert result.estimate == pytest.approx(share, rel=1e-12)
    assert result.se**2 == pytest.approx(share * (1 - share) / 300, rel=1e-10)


def test_aalen_johansen_with_one_way_out_is_one_minus_kaplan_meier():
    """Then the variance must be Greenwood's."""
    t, d, c = MAINTAINED
    result = survival.aalen_johansen(t, d, np.zeros(len(t)), c, 34)
    curve = survival.survival_at(survival.kaplan_meier(t, d, c), 34)
    assert (result.estimate, result.se) == pytest.approx((1 - curve.estimate, curve.se), rel=1e-10)


def test_won_and_lost_and_still_open_add_up_to_one():
    times, won, lost, open_ = DEALS
    parts = [survival.aalen_johansen(times, *pair, open_, 60).estimate for pair in ((won, lost), (lost, won))]
    still = survival.survival_at(survival.kaplan_meier(times, np.add(won, lost), open_), 60).estimate
    assert sum(parts) + still == pytest.approx(1.0)


def test_restricted_mean_worked_by_hand():
    """Events at 2 and 4 of four, horizon 5: 2 * 1 + 2 * .75 + 1 * .5 = 4; plain mean of min(t, 5) without censoring."""
    curve = survival.kaplan_meier([2, 4, 9, 9], [1, 1, 1, 1], [0, 0, 0, 0])
    result = survival.rmst(curve, 5)
    values = np.array([2, 4, 5, 5])
    assert result.estimate == pytest.approx(4.0)
    assert result.se**2 == pytest.approx(values.var() / 4, rel=1e-12)
    difference = survival.rmst_difference(curve, survival.kaplan_meier([1, 9, 9, 9], [1] * 4, [0] * 4), 5)
    assert difference.estimate == pytest.approx(0.0) and difference.ci_low < 0 < difference.ci_high


def test_common_horizon_needs_ten_at_risk():
    long = survival.kaplan_meier(np.arange(1, 31), np.ones(30), np.zeros(30))
    short = survival.kaplan_meier(np.arange(1, 16), np.ones(15), np.zeros(15))
    assert survival.common_horizon(long, short) == 6.0  # 15 - 5 leave before 6: ten are left
    assert survival.common_horizon(long, survival.kaplan_meier([1], [9], [0])) is None


def test_trap_not_reached_is_none_not_the_longest_time():
    curve = survival.kaplan_meier([1, 2, 100], [1, 1, 0], [0, 0, 98])
    assert survival.quantile_time(curve)[0] is None
    assert survival.survival_at(curve, 0.5).estimate == 1.0


def test_nobody_followed_gives_no_number():
    empty = survival.kaplan_meier([], [], [])
    assert np.isnan(survival.survival_at(empty, 5).estimate) and np.isnan(survival.rmst(empty, 5).estimate)
    assert np.isnan(survival.aalen_johansen([], [], [], [], 5).estimate)
    assert survival.quantile_time(empty) == (None, None, None)
    assert np.isnan(survival.log_rank([], [], [], [], []).p_value)


def test_nobody_left_and_shards():
    curve = survival.kaplan_meier([1, 2], [1, 1], [0, 0])
    assert curve.survival.tolist() == [0.5, 0.0] and curve.se[1] == 0
    order = [2, 0, 1, 3]
    t, d, c = np.array([5, 5, 8, 8])[order], np.array([1, 1, 2, 0])[order], np.array([0, 3, 0, 1])[order]
    whole = survival.kaplan_meier([5, 8], [2, 2], [3, 1])
    assert survival.kaplan_meier(t, d, c).survival.tolist() == whole.survival.tolist()


def test_trap_closed_deals_only_look_faster():
    """True median 60 days; 180-day export: 47 among closed deals, 61 by Kaplan-Meier."""
    rng = np.random.default_rng(3)
    full, seen = rng.lognormal(np.log(60), 0.7, 200_000), rng.uniform(0, 180, 200_000)
    closed, t = full <= seen, np.ceil(np.minimum(full, seen))
    assert np.median(full[closed]) == pytest.approx(47, abs=2)
    assert survival.quantile_time(survival.kaplan_meier(t, closed, ~closed))[0] == pytest.approx(60.5, abs=1.5)


def test_simulated_rmst_and_win_rates():
    """No difference between arms with open deals: false positives 3-7 %, the win rate's interval covers 93-97 %."""
    rng, rmst_hits, covered, rank_hits = np.random.default_rng(4), 0, 0, 0
    truth = 0.25 * 0.75  # won and within the upper quartile of its log-normal duration
    horizon = 60 * np.exp(0.6 * 0.6744898)
    for _ in range(2_000):
        won = rng.random(300) < 0.25
        full = np.where(won, rng.lognormal(np.log(60), 0.6, 300), rng.lognormal(np.log(30), 0.9, 300))
        seen = rng.uniform(60, 240, 300)
        closed, t, arm = full <= seen, np.minimum(full, seen), np.arange(300) < 150
        curves = [survival.kaplan_meier(t[a], closed[a], ~closed[a]) for a in (arm, ~arm)]
        rmst_hits += survival.rmst_difference(*curves, 60).p_value < 0.05
        f = survival.aalen_johansen(t, won & closed, ~won & closed, ~closed, horizon)
        covered += f.ci_low <= truth <= f.ci_high
        rank_hits += survival.log_rank(np.zeros(300), arm, t, closed, ~closed).p_value < 0.05
    assert 0.03 <= rmst_hits / 2_000 <= 0.07
    assert 0.93 <= covered / 2_000 <= 0.97
    assert 0.03 <= rank_hits / 2_000 <= 0.07


# Kalbfleisch & Prentice p. 139, as printed by R: (coefficient, standard error)
STANFORD = (
    (
        "age surgery transplant at sx",
        (0.01386, -0.54652, 0.11572, 0.03473, -0.29037),
        (0.01813, 0.61091, 0.32729, 0.02725, 0.75819),
    ),
    (
        "age year transplant at yt",
        (0.01558, -0.27413, -0.59388, 0.03380, 0.20228),
        (0.01734, 0.10588, 0.54222, 0.02795, 0.14247),
    ),
)


def counting_process(published):
    rows = published("stanford_heart_counting_process")
    data = {name: np.array([float(r[name]) for r in rows]) for name in rows[0]}
    data["at"] = data["age"] * data["transplant"]
    data["sx"] = data["surgery"] * data["transplant"]
    data["yt"] = data["year"] * data["transplant"]
    return data


def cox(time, status, x, entry=None, ties="efron"):
    from statsmodels.duration.hazard_regression import PHReg

    return PHReg(time, x, status=status, entry=entry, ties=ties).fit(disp=0)


@pytest.mark.parametrize(("names", "coefficients", "errors"), STANFORD)
def test_stanford_time_varying_cox_as_oracle(published, names, coefficients, errors):
    data = counting_process(published)
    x = np.column_stack([data[n] for n in names.split()])
    fit = cox(data["stop"], data["event"], x, entry=data["start"] + 1e-6, ties="breslow")
    assert fit.params == pytest.approx(coefficients, abs=5e-6)
    assert fit.bse == pytest.approx(errors, abs=5e-6)


def test_trap_entry_equal_to_event_time_counts_as_at_risk(published):
    """statsmodels counts entry == t, R's (start, stop] does not: .0697 instead of .1157."""
    data = counting_process(published)
    x = np.column_stack([data[n] for n in ["age", "surgery", "transplant", "at", "sx"]])
    assert cox(data["stop"], data["event"], x, data["start"], "breslow").params[2] == pytest.approx(0.0697, abs=5e-5)


def test_trap_stanford_immortal_time(published):
    """Ever transplanted against never: .27. Time-varying 1.13, landmarks 14, 30, 60 days 1.44, .92, .77."""
    rows = published("stanford_heart_subjects")
    time, died = (np.array([float(r[k]) for r in rows]) for k in ("futime", "fustat"))
    ever = np.array([float(r["transplant"]) for r in rows])
    wait = np.array([float(r["wait_time"]) if r["wait_time"] else np.inf for r in rows])
    kept = time > 0
    assert np.exp(cox(time, died, ever[:, None]).params[0]) == pytest.approx(0.266, abs=0.0005)
    data = counting_process(published)
    right = cox(data["stop"], data["event"], data["transplant"][:, None], entry=data["start"] + 1e-6)
    assert np.exp(right.params[0]) == pytest.approx(1.133, abs=0.0005)
    for day, ratio, n, n_exposed in ((14, 1.441, 88, 21), (30, 0.915, 78, 35), (60, 0.774, 63, 44)):
        kept = time > day
        exposed = wait[kept] <= day
        assert (kept.sum(), exposed.sum()) == (n, n_exposed)
        found = cox(time[kept] - day, died[kept], exposed[:, None].astype(float))
        assert np.exp(found.params[0]) == pytest.approx(ratio, abs=0.0005)
        naive = survival.log_rank(np.zeros(len(time)), ever, time, died, 1 - died)
        honest = survival.log_rank(np.zeros(n), exposed, time[kept], died[kept], 1 - died[kept])
        assert naive.p_value < 1e-6 and honest.p_value > 0.1
