"""Published networks through the models: ties counted by SQL, finished in Python, to the printed digits."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from throughline import behaviour, transform
from throughline.settings import Settings
from throughline.statistics import network

WINDOWS = {name: date(2026, 1, 5) + timedelta(days=28 * place) for place, name in enumerate(
    ("clubs", "members", "advice", "friendship", "reports_to")
)}  # fmt: skip
Rows = list[dict[str, str]]


def land(database: str, networks: dict[str, tuple[dict[str, str], Iterable[tuple[str, str]]]]) -> None:
    """name -> ({person: unit}, arcs), each in a window of its own, every arc on two of its days."""
    with duckdb.connect(database) as db:
        db.execute("create schema if not exists intermediate; create schema if not exists marts")
        db.execute("create table intermediate.int_contact_days (person_key text, partner_key text, occurred_date date)")
        db.execute("create table intermediate.int_window_weeks (period_start_date date, week_start_date date)")
        db.execute("create table marts.fct_person_window (person_key text, period_start_date date, org_unit text)")
        for name, (units, arcs) in networks.items():
            start = WINDOWS[name]
            db.executemany(
                "insert into marts.fct_person_window values (?, ?, ?)", [(p, start, u) for p, u in units.items()]
            )
            days = [(a, b, start + timedelta(days=day)) for a, b in arcs for day in (0, 27)]
            db.executemany("insert into intermediate.int_contact_days values (?, ?, ?)", days)
            weeks = [(start, start + timedelta(days=7 * week)) for week in range(4)]
            db.executemany("insert into intermediate.int_window_weeks values (?, ?)", weeks)
        db.execute(
            "create table marts.fct_unit_release as select distinct 'org_unit' as unit_type, org_unit as unit, "
            "period_start_date, 1::bigint as observable_count, null::text as eligible_hidden "
            "from marts.fct_person_window"
        )


def test_published_networks(settings: Settings, shared: Path) -> None:
    def published(name: str) -> Rows:
        with (shared / "stats" / f"{name}.csv").open(newline="", encoding="utf-8") as handle:
            return list(csv.DictReader(handle))

    clubs = {row["id"]: row["club"] for row in published("zachary_nodes")}
    friends = [(row["src"], row["dst"]) for row in published("zachary_edges")]
    departments = {row["id"]: row["dept"] for row in published("krackhardt_hightech_nodes")}
    arcs = published("krackhardt_hightech_edges")
    relations = {
        name: (departments, [(row["src"], row["dst"]) for row in arcs if row["relation"] == name])
        for name in ("advice", "friendship", "reports_to")
    }
    database = settings.warehouse.removeprefix("duckdb:///")
    transform.prepare(settings)  # nothing is landed, but dbt looks what is
    land(database, {"clubs": (clubs, friends), "members": ({one: one for one in clubs}, friends), **relations})
    transform.dbt(settings, "run", select="fct_tie_window agg_unit_block agg_unit_ties")
    with duckdb.connect(database, read_only=True) as db:
        found = (
            db.execute("select * from marts.agg_unit_ties where unit_type = 'organisation'")
            .to_arrow_table()
            .to_pylist()
        )
        blocks = db.execute("select * from marts.agg_unit_block").to_arrow_table().to_pylist()
    ties = {row["period_start_date"]: row for row in found}
    karate(ties[WINDOWS["clubs"]], [row for row in blocks if row["snapshot"] == WINDOWS["members"]])
    for name, (dyads, reciprocity, openness) in {
        "advice": ((45, 100, 65), 0.4737, 0.5158),
        "friendship": ((23, 56, 131), 0.4510, 0.2549),
        "reports_to": ((0, 20, 190), 0.0, -0.6),
    }.items():
        managers(ties[WINDOWS[name]], dyads, reciprocity, openness)


def karate(clubs: dict[str, Any], members: list[dict[str, Any]]) -> None:
    ties = clubs["inside_ties"] + clubs["cross_ties"]
    assert (clubs["people"], ties, clubs["cross_ties"]) == (34, 78, 11)
    assert ties / (clubs["inside_pairs"] + clubs["cross_pairs"]) == pytest.approx(0.139037, abs=5e-7)
    assert network.ei_index(clubs["cross_ties"], clubs["inside_ties"]) == pytest.approx(-0.7179, abs=5e-5)
    expected = network.ei_index(clubs["cross_pairs"], clubs["inside_pairs"])  # units of 17 and 17
    assert expected == pytest.approx(0.0303, abs=5e-5)
    constraint = {row["unit"]: row["value"] for row in behaviour.bridges(WINDOWS["members"], members)}
    assert constraint["1"] == pytest.approx(0.1554, abs=5e-5)


def managers(row: dict[str, Any], dyads: tuple[int, int, int], reciprocity: float, openness: float) -> None:
    """The published E-I index is of arcs: a mutual tie counts twice."""
    mutual, ties = row["inside_mutual"] + row["cross_mutual"], row["inside_ties"] + row["cross_ties"]
    assert (mutual, ties - mutual, row["inside_pairs"] + row["cross_pairs"] - ties) == dyads
    assert network.reciprocity_arc(mutual, ties - mutual) == pytest.approx(reciprocity, abs=5e-5)
    external, internal = (row[f"{side}_ties"] + row[f"{side}_mutual"] for side in ("cross", "inside"))
    assert network.ei_index(external, internal) == pytest.approx(openness, abs=5e-5)
    assert network.ei_index(row["cross_pairs"], row["inside_pairs"]) == pytest.approx(0.552381, abs=5e-7)
