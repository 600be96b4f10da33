"""Collapsed difference-in-differences and CR1 from cells: published numbers, identities, few clusters."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from throughline.statistics import did
from throughline.statistics.estimate import estimate_from_se, minimum_detectable


def store_changes(rows, closed_as_zero=False):
    """(change, is New Jersey, wage pair complete) per store seen in both waves; FTE employment."""
    wave = {}
    for row in rows:
        fte = float(row["fte"]) if row["fte"] else np.nan
        if closed_as_zero and row["d"] == "1" and row["status"] in {"2", "4", "5"}:
            fte = 0.0
        wave.setdefault(row["id"], {})[row["d"]] = (fte, row)
    change, jersey, complete = [], [], []
    for store in wave.values():
        before, after = store["0"], store["1"]
        if np.isnan(before[0]) or np.isnan(after[0]):
            continue
        change.append(after[0] - before[0])
        jersey.append(before[1]["nj"] == "1")
        complete.append(bool(before[1]["wage"]) and (bool(after[1]["wage"]) or after[1]["status"] == "3"))
    return np.array(change), np.array(jersey), np.array(complete)


def cells_of(rows):
    kept = [r for r in rows if r["fte"]]
    return {
        "cluster": [r["id"] for r in kept],
        "arm": [int(r["nj"]) for r in kept],
        "period": [int(r["d"]) for r in kept],
        "n": [1.0] * len(kept),
        "sum_y": [float(r["fte"]) for r in kept],
    }


def test_card_krueger_cell_means_of_table_3(published):
    rows = cells_of(published("card_krueger_1994"))
    y, arm, period = np.array(rows["sum_y"]), np.array(rows["arm"]), np.array(rows["period"])
    expected = {(0, 0): (23.33, 1.35), (1, 0): (20.44, 0.51), (0, 1): (21.17, 0.94), (1, 1): (21.03, 0.52)}
    for (a, p), (mean, se) in expected.items():
        cell = y[(arm == a) & (period == p)]
        assert cell.mean() == pytest.approx(mean, abs=0.005)
        assert cell.std(ddof=1) / np.sqrt(len(cell)) == pytest.approx(se, abs=0.005)


def test_card_krueger_balanced_did_is_welch_of_the_changes(published):
    change, jersey, _ = store_changes(published("card_krueger_1994"))
    result = did.difference(change, jersey)
    assert result.estimate == pytest.approx(2.75, abs=0.005)
    assert result.se == pytest.approx(1.34, abs=0.005)
    collapsed = did.collapsed_did(did.collapse(**cells_of(published("card_krueger_1994"))))
    assert collapsed.result.estimate == pytest.approx(2.7500, abs=5e-5)
    assert collapsed.result.se == pytest.approx(1.3423, abs=5e-5)
    assert (collapsed.n_clusters_t, collapsed.n_clusters_c) == (309, 75)


def test_card_krueger_all_stores_with_cr1(published):
    """The headline 2.76 comes from rounded cells; independent cells would give 1.80 and ignore the pairing."""
    result = did.cr1_from_cells(**cells_of(published("card_krueger_1994")))
    assert result.estimate == pytest.approx(2.7536, abs=5e-5)
    assert result.estimate == pytest.approx(2.76, abs=0.01)
    assert result.se == pytest.approx(1.3066070124191, abs=1e-12)


def test_card_krueger_temporarily_closed_stores_count_as_zero(published):
    change, jersey, _ = store_changes(published("card_krueger_1994"), closed_as_zero=True)
    result = did.difference(change, jersey)
    assert (result.estimate, result.se) == (pytest.approx(2.5092, abs=5e-5), pytest.approx(1.3460, abs=5e-5))


def test_card_krueger_table_4_is_the_pooled_regression(published):
    change, jersey, complete = store_changes(published("card_krueger_1994"))
    result = did.difference(change[complete], jersey[complete], pooled=True)
    assert complete.sum() == 357
    assert (result.estimate, result.se) == (pytest.approx(2.33, abs=0.005), pytest.approx(1.19, abs=0.005))
    assert (result.estimate, result.se) == (pytest.approx(2.3258, abs=5e-5), pytest.approx(1.1916, abs=5e-5))


def test_card_krueger_table_4_with_chain_and_ownership_by_regression(published):
    """Controls are left out of the product; the rows must still be those of the paper: 2.30 (1.20)."""
    rows = published("card_krueger_1994")
    change, _, complete = store_changes(rows)
    seen = {}
    for row in rows:
        seen.setdefault(row["id"], []).append(row)
    kept = [pair[0] for pair in seen.values() if all(r["fte"] for r in pair)]
    names = ("nj", "bk", "kfc", "roys", "co_owned")
    x = sm.add_constant(np.array([[float(r[n]) for n in names] for r in kept]))[complete]
    fit = sm.OLS(change[complete], x).fit()
    assert (fit.params[1], fit.bse[1]) == (pytest.approx(2.3039, abs=5e-5), pytest.approx(1.1955, abs=5e-5))


def unequal_rows(seed=5):
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(12), rng.integers(8, 40, 12))
    arm, period = (cluster % 2 == 0).astype(int), rng.integers(0, 2, len(cluster))
    y = rng.normal(size=len(cluster)) + 0.4 * cluster + arm * period
    return cluster, arm, period, y


def aggregate(cluster, arm, period, y):
    keys = sorted(set(zip(cluster.tolist(), arm.tolist(), period.tolist(), strict=True)))
    masks = [(cluster == c) & (arm == a) & (period == p) for c, a, p in keys]
    return {
        "cluster": [k[0] for k in keys],
        "arm": [k[1] for k in keys],
        "period": [k[2] for k in keys],
        "n": [m.sum() for m in masks],
        "sum_y": [y[m].sum() for m in masks],
    }


def test_cr1_from_cells_equals_statsmodels_on_the_rows():
    cluster, arm, period, y = unequal_rows()
    x = sm.add_constant(np.column_stack([arm, period, arm * period]))
    rows = sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": cluster}, use_t=True)
    cells = did.cr1_from_cells(**aggregate(cluster, arm, period, y))
    assert cells.estimate == pytest.approx(rows.params[3], rel=1e-10)
    assert cells.se == pytest.approx(rows.bse[3], rel=1e-10)
    assert cells.p_value == pytest.approx(rows.pvalues[3], rel=1e-9)


def test_weighted_and_pooled_differences_equal_statsmodels():
    rng = np.random.default_rng(2)
    change, treated = rng.normal(size=15), np.arange(15) < 6
    x = sm.add_constant(treated.astype(float))
    pooled = sm.OLS(change, x).fit()
    ours = did.difference(change, treated, pooled=True)
    assert (ours.estimate, ours.se) == (pytest.approx(pooled.params[1]), pytest.approx(pooled.bse[1], rel=1e-10))
    assert (ours.ci_low, ours.ci_high) == pytest.approx(tuple(pooled.conf_int()[1]), rel=1e-10)
    weight = rng.uniform(1, 9, 15)
    assert did.difference(change, treated, weight=weight).estimate == pytest.approx(
        sm.WLS(change, x, weights=weight).fit().params[1], rel=1e-10
    )
    equal = did.difference(change, treated, weight=np.full(15, 3.0))
    assert (equal.se, equal.df) == (
        pytest.approx(did.difference(change, treated).se),
        pytest.approx(did.difference(change, treated).df),
    )


def test_exhaustive_permutation_worked_by_hand():
    """Changes 4, 5 | 1, 2, 3: of C(5, 2) = 10 labellings {4, 5} and {1, 2} are the two extremes: 2.5 each."""
    p, count, exhaustive = did.permutation_p(np.array([4.0, 5, 1, 2, 3]), np.array([True, True, False, False, False]))
    assert (p, count, exhaustive) == (0.2, 10, True)


def test_drawn_permutations_agree_with_all_of_them():
    rng = np.random.default_rng(3)
    change, treated = rng.normal(size=16), np.arange(16) < 8  # 12,870 labellings
    every, _, exhaustive = did.permutation_p(change, treated, draws=13_000)
    drawn, count, _ = did.permutation_p(change, treated, draws=10_000)
    assert exhaustive and count == 10_000
    assert drawn == pytest.approx(every, abs=0.015)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("clusters", [8, 40])
def test_scale_order_labels_and_shards_change_only_what_they_should(weighted, clusters):
    rng = np.random.default_rng(clusters)
    cluster = np.repeat(np.arange(clusters), 60)
    arm, period = (cluster < clusters // 2).astype(int), rng.integers(0, 2, len(cluster))
    y = rng.normal(size=len(cluster)) + 0.2 * arm * period
    run = lambda *rows: did.collapsed_did(did.collapse(**aggregate(*rows)), weighted=weighted)  # noqa: E731
    base = run(cluster, arm, period, y)
    scaled = run(cluster, arm, period, 7.0 - 3.0 * y)
    assert scaled.result.estimate == pytest.approx(-3 * base.result.estimate, rel=1e-9)
    assert scaled.result.p_value == pytest.approx(base.result.p_value, rel=1e-9)
    assert scaled.p_permutation == base.p_permutation
    shuffled = rng.permutation(len(y))
    names = rng.permutation(clusters)[cluster]
    other = run(names[shuffled], arm[shuffled], period[shuffled], y[shuffled])
    assert other.result.estimate == pytest.approx(base.result.estimate, rel=1e-12)
    assert other.p_permutation == base.p_permutation
    parts = [aggregate(*(v[s] for v in (cluster, arm, period, y))) for s in np.array_split(shuffled, 3)]
    whole = {name: [x for part in parts for x in part[name]] for name in parts[0]}
    assert did.collapsed_did(did.collapse(**whole), weighted=weighted).result.se == pytest.approx(
        base.result.se, rel=1e-10
    )


def test_clusters_without_both_periods_are_dropped_and_counted():
    cells = did.collapse([1, 1, 2, 3, 3, 4], [1, 1, 1, 0, 0, 0], [0, 1, 1, 0, 1, 0], [5] * 6, [10, 15, 9, 5, 5, 5])
    assert (cells.n_dropped_treated, cells.n_dropped_control) == (1, 1)
    assert cells.difference.tolist() == [1.0, 0.0]


def test_a_cluster_in_both_arms_is_refused():
    with pytest.raises(ValueError, match="both arms"):
        did.collapse([1, 1], [0, 1], [0, 1], [5, 5], [1, 2])


@pytest.mark.parametrize("treated", [0, 1, 5])
def test_one_cluster_or_none_gives_no_interval_and_no_crash(treated):
    result = did.difference(np.arange(5.0), np.arange(5) < treated)
    assert np.isnan(result.se) and np.isnan(result.ci_low) and np.isnan(result.p_value)


def test_no_variation_is_not_certainty():
    result = did.difference(np.array([1.0, 1, 0, 0]), np.array([True, True, False, False]))
    assert result.estimate == 1 and np.isnan(result.p_value) and np.isnan(result.ci_low)
    assert did.permutation_p(np.zeros(6), np.arange(6) < 3)[0] == 1.0


def test_detectable_effect_uses_t_below_30_degrees():
    assert minimum_detectable(1.0) == pytest.approx(2.8016, abs=5e-5)
    assert minimum_detectable(1.0, 8.0) == pytest.approx(2.306004 + 0.888890, abs=1e-5)
    assert estimate_from_se(0.0, 2.0).mde_80 == pytest.approx(5.6032, abs=1e-4)


def few_clusters(rng, clusters, treated, effect=0.0):
    """Sizes 20-199, cluster shock sd .5, noise sqrt(2/n): change per cluster (impact.md 4.7)."""
    sizes = rng.integers(20, 200, clusters)
    change = rng.normal(0, 0.5, clusters) + rng.normal(size=clusters) * np.sqrt(2 / sizes)
    return change + effect * (np.arange(clusters) < treated)


@pytest.mark.parametrize(("clusters", "treated"), [(10, 5), (20, 10), (40, 20)])
def test_few_clusters_false_positives_and_coverage(clusters, treated):
    rng, repetitions, mask = np.random.default_rng(40 + clusters), 2_000, np.arange(clusters) < treated
    rejected = covered = permuted = 0
    for _ in range(repetitions):
        change = few_clusters(rng, clusters, treated, effect=0.3)
        result = did.difference(change, mask)
        covered += result.ci_low <= 0.3 <= result.ci_high
        null = change - 0.3 * mask
        rejected += did.difference(null, mask).p_value < 0.05
        if clusters == 10:
            permuted += did.permutation_p(null, mask)[0] <= 0.05
    assert 0.03 <= rejected / repetitions <= 0.07
    assert 0.93 <= covered / repetitions <= 0.97
    assert permuted / repetitions <= 0.07


@pytest.mark.parametrize("shock", ["normal", "heavy"])
def test_planted_change_is_covered_where_teams_that_differ_mislead_the_naive_reader(shock):
    """Keen teams win more before anything begins: after against after is off by more than half, changes are not.

    2,000 designs of 8 + 8 teams at once. With heavy tails (t of 3 df) Welch is conservative, so an upper bound only.
    """
    rng, repetitions, truth, treated = np.random.default_rng(44), 2_000, 0.3, np.arange(16) < 8
    size = (repetitions, 16)
    noise = rng.normal(size=size) if shock == "normal" else rng.standard_t(3, size=size) / np.sqrt(3)
    level = rng.normal(size=size) + 0.5 * treated
    change = 0.4 * noise + truth * treated
    naive = (level + change)[:, treated].mean(axis=1) - (level + change)[:, ~treated].mean(axis=1)
    found = [did.difference(row, treated) for row in change]
    estimates = np.array([one.estimate for one in found])
    covered = np.mean([one.ci_low <= truth <= one.ci_high for one in found])
    rejected = np.mean([did.difference(row - truth * treated, treated).p_value < 0.05 for row in change])
    assert abs(estimates.mean() - truth) < 0.1 * truth and abs(naive.mean() - truth) > 0.5 * truth
    assert covered >= 0.93 and rejected <= 0.07
    if shock == "normal":
        assert covered <= 0.97 and rejected >= 0.03


def test_trap_cr1_with_three_treated_clusters_cries_wolf():
    """Why clusters are collapsed: CR1 with a normal quantile rejects about 20 % with 3 treated clusters of 6."""
    rng, hits, repetitions = np.random.default_rng(6), 0, 1_000
    cluster, arm, period = np.repeat(np.arange(6), 2), np.repeat(np.arange(6) < 3, 2).astype(int), np.tile([0, 1], 6)
    for _ in range(repetitions):
        sizes = rng.integers(20, 200, 6)
        y = np.zeros(12)
        y[1::2] = few_clusters(rng, 6, 3)
        n = np.repeat(sizes, 2).astype(float)
        result = did.cr1_from_cells(cluster, arm, period, n, n * y)
        hits += abs(result.estimate / result.se) > 1.96
    assert hits / repetitions > 0.12


def test_drawn_p_is_the_same_every_time():
    rng = np.random.default_rng(9)
    change, treated = rng.normal(size=60), np.arange(60) < 30
    assert did.permutation_p(change, treated) == did.permutation_p(change, treated)
    # never 0: the observed labelling is one of those drawn
    assert did.permutation_p(change + 100 * treated, treated)[0] == pytest.approx(1 / 10_001)
