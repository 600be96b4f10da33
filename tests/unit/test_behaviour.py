"""What is finished on the aggregates of behaviour: concentration of contributions, constraint of units."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from throughline import behaviour

WINDOW = date(2026, 1, 5)
CELL = ("org_unit", "A", WINDOW)


def concentration(people: dict[int, int]) -> dict[str, dict[str, Any]]:
    return {row["metric_id"]: row for row in behaviour.concentration(CELL, people)}


def times(people: dict[int, int], factor: int) -> dict[int, int]:
    return {made: count * factor for made, count in people.items()}


SEVEN = {1: 4, 2: 1, 3: 1, 4: 1}  # the worked example: 1, 3, 2, 1, 1, 1, 4


def test_gini_with_and_without_those_who_contribute_nothing() -> None:
    """Ten times the worked example: 70 people, so no correction; with 30 silent ones .515385."""
    found = concentration(times(SEVEN, 10) | {0: 30})
    assert found["O6_active"]["value"] == pytest.approx(0.3076923, abs=5e-8)
    assert found["O6_all"]["value"] == pytest.approx(0.515385, abs=5e-7)
    assert (found["O6_active"]["n"], found["O6_all"]["n"]) == (70, 100)


def test_gini_below_fifty_people_is_corrected() -> None:
    """Six times the worked example: 42 people, .307692 × 42/41 = .315197."""
    assert concentration(times(SEVEN, 6))["O6_active"]["value"] == pytest.approx(0.315197, abs=5e-7)


@pytest.mark.parametrize(
    ("people", "all_reason", "active_reason"),
    [
        ({0: 1, 3: 18}, "insufficient_n", "insufficient_n"),  # 19 people
        ({0: 1, 3: 19}, None, "insufficient_n"),  # 20 people, 19 contributors
        ({3: 20}, None, None),
        ({2: 19, 11: 1}, "insufficient_n", "insufficient_n"),  # 49 contributions
        ({2: 19, 12: 1}, None, None),  # 50
        ({0: 200}, "insufficient_n", "insufficient_n"),
    ],
)
def test_concentration_needs_people_and_contributions(
    people: dict[int, int], all_reason: str | None, active_reason: str | None
) -> None:
    found = concentration(people)
    assert (found["O6_all"]["own_reason"], found["O6_active"]["own_reason"]) == (all_reason, active_reason)
    for row in found.values():
        assert (row["value"] is None) == (row["own_reason"] is not None) == (row["ci_low"] is None)


def test_an_interval_is_of_people_and_not_of_messages() -> None:
    """Everybody saying everything ten times over tells nothing new; ten times as many people do."""
    once = concentration({0: 20, 1: 20, 2: 10, 5: 6, 20: 4})
    louder = concentration({0: 20, 10: 20, 20: 10, 50: 6, 200: 4})
    more = concentration({0: 200, 1: 200, 2: 100, 5: 60, 20: 40})
    for metric_id in ("O6_all", "O6_active"):
        (low, high), (low_louder, high_louder), (low_more, high_more) = (
            (rows[metric_id]["ci_low"], rows[metric_id]["ci_high"]) for rows in (once, louder, more)
        )
        assert (low_louder, high_louder) == pytest.approx((low, high))
        assert high_more - low_more < 0.5 * (high - low)
        assert low < once[metric_id]["value"] < high


def test_the_most_active_make_more_than_their_share() -> None:
    """100 people: one makes 100 of 298 contributions, nine more 10 each of the rest, 54 two each, 36 none."""
    found = concentration({0: 36, 2: 54, 10: 9, 100: 1})
    assert found["O7_top1"]["value"] == pytest.approx(100 / 298)
    assert found["O7_top10"]["value"] == pytest.approx(190 / 298)
    assert found["O7_top10"]["ci_low"] <= 190 / 298 <= found["O7_top10"]["ci_high"]
    below = concentration({0: 35, 2: 54, 10: 9, 100: 1})
    assert [below[metric_id]["own_reason"] for metric_id in ("O7_top1", "O7_top10")] == ["insufficient_n"] * 2


def blocks(ties: dict[tuple[str, str], int], units: str) -> list[dict[str, Any]]:
    inside = {(unit, unit): 99 for unit in units}
    return [
        {"snapshot": WINDOW, "unit_a": a, "unit_b": b, "n_a": 10, "n_b": 10, "ties": count}
        for (a, b), count in (inside | ties).items()
    ]


def test_constraint_of_a_unit_that_hangs_on_one_bridge() -> None:
    """A ring of six: each has two partners, ½ of its ties each, who do not know each other: ¼ + ¼. G hangs on A alone:
    1. A has three: ⅑ thrice. B and F share ½ each with A, who gives them ⅓: ¼ + ¼ too, nothing between their partners.
    """
    ring = dict.fromkeys([("A", "B"), ("B", "C"), ("C", "D"), ("D", "E"), ("E", "F"), ("A", "F"), ("A", "G")], 5)
    found = {row["unit"]: row["value"] for row in behaviour.bridges(WINDOW, blocks(ring, "ABCDEFGH"))}
    assert {unit: value for unit, value in found.items() if unit != "H"} == pytest.approx(
        {"A": 1 / 3, "B": 0.5, "C": 0.5, "D": 0.5, "E": 0.5, "F": 0.5, "G": 1.0}
    )
    assert found["H"] is None  # no tie to anybody is no bridge


@pytest.mark.parametrize(("units", "shown"), [("ABCDE", 0), ("ABCDEF", 6), ("ABCDEFG", 7)])
def test_constraint_needs_six_units(units: str, shown: int) -> None:
    line = dict.fromkeys(pairwise(units), 1)
    rows = list(behaviour.bridges(WINDOW, blocks(line, units)))
    assert sum(row["value"] is not None for row in rows) == shown
    assert {row["own_reason"] for row in rows} == ({None} if shown else {"insufficient_n"})


def test_estimates_cover_each_cell_and_do_not_depend_on_order() -> None:
    histogram = [
        {"unit_type": unit_type, "unit": unit, "period_start_date": WINDOW, "contributions": made, "people": count}
        for unit_type, unit in (("org_unit", "A"), ("organisation", "_org"))
        for made, count in {0: 30, 1: 20, 7: 12}.items()
    ]
    ties = blocks({("A", "B"): 3}, "AB")
    rows = behaviour.estimates(histogram, ties)
    assert rows == behaviour.estimates(histogram[::-1], ties[::-1])
    assert rows == behaviour.estimates(histogram, ties, rows)
    keys = [(row["metric_id"], row["unit"]) for row in rows]
    assert len(keys) == len(set(keys)) == 4 * 2 + 2
    assert all(row["metric_id"] != "O9" or row["unit"] != "_org" for row in rows)


def test_what_is_known_of_a_histogram_is_not_resampled(monkeypatch: pytest.MonkeyPatch) -> None:
    from throughline.statistics import network

    def line(made: int, people: int) -> dict[str, Any]:
        return dict(zip(("unit_type", "unit", "period_start_date"), CELL, strict=True)) | {
            "contributions": made,
            "people": people,
        }

    known = behaviour.estimates([line(0, 30), line(5, 30)], [])
    other = behaviour.estimates([line(0, 30), line(5, 31)], [])
    monkeypatch.setattr(network, "resampled", lambda *_, **__: pytest.fail("resampled again"))
    assert behaviour.estimates([line(5, 30), line(0, 30)], [], known) == known
    with pytest.raises(pytest.fail.Exception, match="again"):
        behaviour.estimates([line(0, 30), line(5, 31)], [], known)
    assert behaviour.estimates([line(0, 30), line(5, 31)], [], other) == other
