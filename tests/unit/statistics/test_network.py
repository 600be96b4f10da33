"""Networks: Gini with its four variants, E-I with its expectation, dyads, Burt; Zachary and Krackhardt."""

from __future__ import annotations

import numpy as np
import pytest

from throughline.statistics import network

SEVEN = [1, 3, 2, 1, 1, 1, 4]


def test_gini_has_four_numbers_under_one_name():
    assert network.gini(SEVEN) == pytest.approx(0.3076923, abs=5e-8)
    assert network.gini(SEVEN, corrected=True) == pytest.approx(0.358974, abs=5e-7)
    assert network.gini([*SEVEN, 0, 0, 0]) == pytest.approx(0.515385, abs=5e-7)
    assert network.gini([*SEVEN, 0, 0, 0], corrected=True) == pytest.approx(0.572650, abs=5e-7)


def test_gini_of_a_histogram_order_scale_and_shards():
    assert network.gini([1, 2, 3, 4], [4, 1, 1, 1]) == pytest.approx(network.gini(SEVEN))
    assert network.gini([4, 1, 1, 3, 2], [1, 2, 2, 1, 1]) == pytest.approx(network.gini(SEVEN))
    assert network.gini(10 * np.array(SEVEN)) == pytest.approx(network.gini(SEVEN))
    assert np.isnan(network.gini([0, 0])) and network.gini([5, 5, 5]) == pytest.approx(0.0)


def test_gini_correction_below_50_people():
    assert network.published_gini([1, 3], [24, 25]) == (
        pytest.approx(network.gini([1, 3], [24, 25], corrected=True)),
        True,
    )
    assert network.published_gini([1, 3], [25, 25]) == (pytest.approx(network.gini([1, 3], [25, 25])), False)


def test_gini_interval_holds_the_value_and_repeats():
    x, people = np.arange(0, 12), np.array([40, 30, 20, 10, 8, 6, 4, 3, 2, 2, 1, 1])
    low, high = network.gini_interval(x, people)
    assert low < network.gini(x, people) < high and high - low < 0.2
    assert (low, high) == network.gini_interval(x[::-1], people[::-1])
    assert np.isnan(network.gini_interval([0], [30])[0])


def test_top_share_is_a_point_of_the_lorenz_curve():
    """Of 10 people one makes 6 of 12 contributions, six make 1 each: the top tenth ½, the top fifth 6 + 1 of 12."""
    x, people = [0, 1, 6], [3, 6, 1]
    assert network.top_share(x, people, 0.1) == pytest.approx(0.5)
    assert network.top_share(x, people, 0.05) == pytest.approx(0.25)  # half a person
    assert network.top_share(x[::-1], people[::-1], 0.2) == pytest.approx(7 / 12)
    assert network.top_share(x, people, 1.0) == pytest.approx(1.0) and np.isnan(network.top_share([0], [5], 0.1))


@pytest.mark.parametrize(("sizes", "expected"), [((4, 6), 0.066667), ((17, 17), 0.030303), ((8, 5, 4, 3, 1), 0.552381)])
def test_ei_expected(sizes, expected):
    assert network.ei_expected(sizes) == pytest.approx(expected, abs=5e-7)


def test_trap_advice_looks_open_and_is_slightly_closed():
    """Krackhardt's managers by department: .5158 looks open, .5524 was to be expected."""
    external, internal = 144, 46  # of 190 advice ties
    assert network.ei_index(external, internal) == pytest.approx(0.515789, abs=5e-7)
    assert network.ei_excess(external, internal, (8, 5, 4, 3, 1)) == pytest.approx(-0.0366, abs=5e-5)
    assert np.isnan(network.ei_index(0, 0)) and np.isnan(network.ei_expected([1]))


def test_reciprocity_by_arcs_and_by_pairs_on_the_same_data():
    assert network.reciprocity_arc(45, 100) == pytest.approx(0.4737, abs=5e-5)
    assert network.two_way_pair_share(45, 100) == pytest.approx(0.310, abs=0.0005)
    assert network.reciprocity_arc(23, 56) == pytest.approx(0.4510, abs=5e-5)
    assert network.reciprocity_arc(0, 20) == 0 and np.isnan(network.reciprocity_arc(0, 0))


def test_krackhardt(published):
    edges = published("krackhardt_hightech_edges")
    department = {r["id"]: r["dept"] for r in published("krackhardt_hightech_nodes")}
    expected = {
        "advice": (190, (45, 100, 65), 0.4737, 0.5158),
        "friendship": (102, (23, 56, 131), 0.4510, 0.2549),
        "reports_to": (20, (0, 20, 190), 0.0, -0.6),
    }
    assert sorted(np.unique(list(department.values()), return_counts=True)[1].tolist()) == [1, 3, 4, 5, 8]
    for relation, (ties, dyads, reciprocity, ei) in expected.items():
        arcs = [(r["src"], r["dst"]) for r in edges if r["relation"] == relation]
        assert len(arcs) == ties
        census = network.dyad_census([a for a, _ in arcs], [b for _, b in arcs], 21)
        assert census == dyads
        assert network.reciprocity_arc(*census[:2]) == pytest.approx(reciprocity, abs=5e-5)
        external = sum(department[a] != department[b] for a, b in arcs)
        assert network.ei_index(external, ties - external) == pytest.approx(ei, abs=5e-5)


def test_zachary(published):
    import networkx as nx

    graph = nx.Graph([(int(r["src"]), int(r["dst"])) for r in published("zachary_edges")])
    club = {int(r["id"]): r["club"] for r in published("zachary_nodes")}
    degrees = [d for _, d in graph.degree()]
    assert (graph.number_of_nodes(), graph.number_of_edges(), max(degrees)) == (34, 78, 17)
    assert network.unit_density(78, 34) == pytest.approx(0.139037, abs=5e-7)
    assert network.gini(degrees) == pytest.approx(0.385370, abs=5e-7)
    external = sum(club[a] != club[b] for a, b in graph.edges)
    assert (external, network.ei_index(external, 78 - external)) == (11, pytest.approx(-0.7179, abs=5e-5))
    sizes = np.unique(list(club.values()), return_counts=True)[1]
    assert network.ei_expected(sizes) == pytest.approx(0.0303, abs=5e-5)
    table = nx.to_numpy_array(graph, nodelist=sorted(graph))
    assert network.unit_constraint(table)[0] == pytest.approx(0.1554, abs=5e-5)
    theirs = nx.constraint(graph)
    assert network.unit_constraint(table) == pytest.approx([theirs[v] for v in sorted(graph)], rel=1e-10)
    assert sum(nx.triangles(graph).values()) // 3 == 45 and nx.diameter(graph) == 5
    assert nx.transitivity(graph) == pytest.approx(0.255682, abs=5e-7)
    assert nx.degree_assortativity_coefficient(graph) == pytest.approx(-0.475613, abs=5e-7)
    assert nx.betweenness_centrality(graph)[1] == pytest.approx(0.4376, abs=5e-5)


def test_constraint_of_weighted_directed_units_equals_networkx():
    import networkx as nx

    rng = np.random.default_rng(1)
    weight = rng.integers(0, 5, (8, 8)).astype(float)
    np.fill_diagonal(weight, 0)
    theirs = nx.constraint(nx.from_numpy_array(weight, create_using=nx.DiGraph), weight="weight")
    assert network.unit_constraint(weight) == pytest.approx([theirs[i] for i in range(8)], rel=1e-10)
    order = rng.permutation(8)
    assert network.unit_constraint(weight[np.ix_(order, order)]) == pytest.approx(
        network.unit_constraint(weight)[order]
    )
    assert np.isnan(network.unit_constraint(np.zeros((3, 3)))).all()


def test_density_cross_over_within():
    """Units of 4 and 6 people: 3 of 6 and 5 of 15 pairs inside, 4 of 24 across: (4/24)/(8/21) = .4375."""
    assert network.unit_density(3, 4) == 0.5 and network.unit_density(4, 4, 6) == pytest.approx(1 / 6)
    assert network.cross_to_within([[3, 4], [4, 5]], [4, 6]) == pytest.approx(0.4375)
    assert np.isnan(network.cross_to_within([[0, 4], [4, 0]], [4, 6])) and np.isnan(network.unit_density(0, 1))


def test_dyads_ignore_loops_and_repeats():
    assert network.dyad_census(["a", "b", "a", "a", "c"], ["b", "a", "b", "a", "a"], 4) == (1, 1, 4)
