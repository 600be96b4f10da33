"""What may be restated: nothing by fewer than k people, be it read directly or as a total minus its parts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throughline.warehouse.differencing import SENTENCE, hold_back

K = 10
TYPES = {"n": pa.int64(), "version": pa.int64(), "start": pa.date32(), "coverage": pa.float64()}
CELL = ("purpose_id", "unit_type", "unit", "period_start", "period_grain")
NUMBER = ("value", "ci_low", "ci_high", "n", "coverage", "suppressed_reason")
SLUG = "active_contributing_share"
OWN = {SLUG: "value", f"{SLUG}_ci_low": "ci_low", f"{SLUG}_ci_high": "ci_high", f"{SLUG}_n": "n"}
COLUMNS = {
    "kpi_value": (*CELL, "metric_id", "metric_version", *NUMBER),
    "kpi_adoption": (*CELL, "coverage", *OWN, f"{SLUG}_suppressed_reason", "rogers_stage", "rogers_stage_n"),
    "kpi_scorecard": (
        *("purpose_id", "metric_id", "current_value", "current_ci_low", "current_ci_high", "current_n", "coverage"),
        *("current_suppressed_reason", "current_period_start", "current_period_grain", "current_unit_type"),
        *("baseline_value", "baseline_n", "verdict", "sentence"),
    ),
    "dim_metric": ("metric_id", "slug", "kpi_table", "unit_of_measure"),
}
METRICS = [
    ("A2", SLUG, "kpi_adoption", "share"),
    ("A6", "rogers_stage", "kpi_adoption", "label"),
    ("slack.weekly", "slack_weekly", "kpi_value", "share"),
]


def number(unit_type: str, unit: str, n: int | None, **other: Any) -> dict[str, Any]:
    """One row of kpi_value: half of n are active; hidden where n is None."""
    shown = {"value": 0.5, "ci_low": 0.4, "ci_high": 0.6, "n": n, "coverage": 0.9, "suppressed_reason": None}
    hidden = dict.fromkeys(shown) | {"suppressed_reason": "below_k"}
    row = {"purpose_id": "_org", "metric_id": "A2", "metric_version": 1, "unit_type": unit_type, "unit": unit}
    row |= {"period_start": "2026-01-05", "period_grain": "w28"}
    return row | (hidden if n is None else shown) | other


def release(folder: Path, rows: Iterable[dict[str, Any]], cards: Iterable[dict[str, Any]] = ()) -> Path:
    """The published tables that hold these numbers."""
    rows = [row | {"period_start": date.fromisoformat(row["period_start"])} for row in rows]
    wide = [
        row
        | {name: row[of] for name, of in OWN.items()}
        | {f"{SLUG}_suppressed_reason": row["suppressed_reason"]}
        | {"rogers_stage": f"stage of {row['n']}", "rogers_stage_n": row["n"]}
        for row in rows
        if row["metric_id"] == "A2"
    ]
    metrics = [dict(zip(COLUMNS["dim_metric"], metric, strict=True)) for metric in METRICS]
    folder.mkdir(parents=True)
    tables = {"kpi_value": rows, "kpi_adoption": wide, "kpi_scorecard": list(cards), "dim_metric": metrics}
    for table, given_rows in tables.items():
        pq.write_table(pa.Table.from_pylist(given_rows, schema=schema(table)), folder / f"{table}.parquet")
    return folder


def schema(table: str) -> pa.Schema:
    """Numbers are doubles, and everything else is text, but for TYPES."""
    numbers = ("value", "low", "high", SLUG)
    kinds = TYPES | dict.fromkeys(numbers, pa.float64())
    return pa.schema(
        [(name, kinds.get(name, kinds.get(name.rpartition("_")[2], pa.string()))) for name in COLUMNS[table]]
    )


def read(folder: Path, table: str = "kpi_value") -> dict[str, dict[str, Any]]:
    """Unit (or purpose) -> its row."""
    rows = pq.read_table(folder / f"{table}.parquet").to_pylist()
    return {row.get("unit") or row["purpose_id"]: row for row in rows}


def restated(tmp_path: Path, before: Iterable[dict[str, Any]], after: Iterable[dict[str, Any]]) -> set[str]:
    """Units whose number stays what it was although it moved."""
    last, new = release(tmp_path / "last", before), release(tmp_path / "new", after)
    built = read(new)
    hold_back(new, last, K)
    return {unit for unit, row in read(new).items() if row["n"] != built[unit]["n"]}


@pytest.mark.parametrize(
    ("moved", "is_held"),
    [(0, False), (1, True), (K - 1, True), (K, False), (-1, True), (1 - K, True), (-K, False)],
)
def test_a_cell_that_moved_by_fewer_than_k_is_held(tmp_path: Path, moved: int, is_held: bool) -> None:
    last = release(tmp_path / "last", [number("organisation", "_org", 100)])
    new = release(
        tmp_path / "new", [number("organisation", "_org", 100 + moved, value=0.51, ci_low=0.41, coverage=0.8)]
    )
    built = read(new)["_org"]
    hold_back(new, last, K)
    row = read(new)["_org"]
    assert row == (read(last)["_org"] | {"suppressed_reason": "differencing"} if is_held else built)


def test_a_label_is_held_with_the_numbers_of_its_row(tmp_path: Path) -> None:
    def stages(folder: str, n: int, stage: int) -> Path:
        stage_row = number("organisation", "_org", 100, metric_id="A6", value=stage)
        return release(tmp_path / folder, [number("organisation", "_org", n), stage_row])

    def stage(folder: Path) -> dict[str, Any]:
        rows = pq.read_table(folder / "kpi_value.parquet").to_pylist()
        return next(row for row in rows if row["metric_id"] == "A6")

    last, by_three, by_ten = stages("last", 100, 2), stages("by_three", 103, 3), stages("by_ten", 110, 3)
    for new in (by_three, by_ten):
        hold_back(new, last, K)
    assert stage(by_three) == stage(last) | {"suppressed_reason": "differencing"}
    assert read(by_three, "kpi_adoption")["_org"]["rogers_stage"] == "stage of 100"
    assert (stage(by_ten)["value"], stage(by_ten)["suppressed_reason"]) == (3, None)


def test_of_the_others_the_one_that_moved_least_shields_it(tmp_path: Path) -> None:
    # 230 - 60 - 140 = 30: the shown parts would tell that a has 3 people more; with b, 230 - 140 = 90 tells of 23
    before = [number("org_unit", u, n) for u, n in (("a", 30), ("b", 40), ("c", 100))] + [
        number("organisation", "_org", 170)
    ]
    after = [number("org_unit", u, n) for u, n in (("a", 33), ("b", 60), ("c", 140))] + [
        number("organisation", "_org", 233)
    ]
    assert restated(tmp_path, before, after) == {"a", "b"}


def test_where_no_other_part_moved_the_total_shields_it(tmp_path: Path) -> None:
    before = [number("org_unit", "a", 30), number("org_unit", "b", 40), number("organisation", "_org", 70)]
    after = [
        *before[1:2],
        number("org_unit", "a", 33),
        number("org_unit", "new", 12),
        number("organisation", "_org", 85),
    ]
    assert restated(tmp_path, before, after) == {"a", "_org"}


def test_parts_that_moved_by_k_together_need_no_shield(tmp_path: Path) -> None:
    before = [number("org_unit", u, 30) for u in "abc"] + [number("organisation", "_org", 90)]
    after = [number("org_unit", u, n) for u, n in (("a", 34), ("b", 36), ("c", 50))] + [
        number("organisation", "_org", 120)
    ]
    assert restated(tmp_path, before, after) == {"a", "b"}  # 4 + 6


def test_cells_of_a_band_are_shielded_within_it(tmp_path: Path) -> None:
    names = ("head / a", "head / b", "vp / a")
    band, cell = "leader_band", "leader_band_org_unit"
    before = [number(cell, name, 20) for name in names] + [number(band, "head", 40), number(band, "vp", 20)]
    after = [number(cell, name, n) for name, n in zip(names, (22, 35, 50), strict=True)]
    after += [number(band, "head", 57), number(band, "vp", 50)]
    assert restated(tmp_path, before, after) == {"head / a", "head / b"}


def test_months_are_shielded_within_their_quarter(tmp_path: Path) -> None:
    def quarter(*months: int) -> list[dict[str, Any]]:
        rows = [
            number("population", f"month {m}", n, metric_id="C1", period_start=f"2026-0{m}-01", period_grain="month")
            for m, n in enumerate(months, start=1)
        ]
        whole = number(
            "population", "quarter", sum(months), metric_id="C1", period_start="2026-01-01", period_grain="quarter"
        )
        return [row | {"unit": "p"} for row in (*rows, whole)]

    last, new = release(tmp_path / "last", quarter(40, 40, 40)), release(tmp_path / "new", quarter(41, 40, 60))
    hold_back(new, last, K)
    rows = pq.read_table(new / "kpi_value.parquet").sort_by(
        [("period_grain", "ascending"), ("period_start", "ascending")]
    )
    assert rows.column("n").to_pylist() == [40, 40, 40, 141]  # March, which moved by 20, is held beside January


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (number("org_unit", "a", None), number("org_unit", "a", 12)),  # was hidden
        (number("org_unit", "a", 12), number("org_unit", "a", None)),  # is hidden
        (number("org_unit", "a", 9), number("org_unit", "a", 12)),  # of a release with a smaller k: not to be kept
        (number("org_unit", "a", 30), number("org_unit", "a", 33, metric_version=2)),  # another definition
        (number("org_unit", "a", 30), number("org_unit", "a", 33, period_start="2026-01-12")),  # another period
        (number("org_unit", "a", 30, metric_id="P2"), number("org_unit", "a", 33, metric_id="P2")),  # purposes
    ],
)
def test_what_is_not_the_same_number_of_people_is_not_compared(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert restated(tmp_path, [before], [after]) == set()


def test_a_number_that_had_a_reason_keeps_it(tmp_path: Path) -> None:
    small = {"value": None, "suppressed_reason": "small_n"}
    last = release(tmp_path / "last", [number("org_unit", "a", 28, **small)])
    new = release(tmp_path / "new", [number("org_unit", "a", 31)])
    hold_back(new, last, K)
    assert read(new)["a"] == read(last)["a"]


def test_the_wide_table_says_what_kpi_value_says(tmp_path: Path) -> None:
    last = release(tmp_path / "last", [number("organisation", "_org", 100), number("org_unit", "a", 50)])
    new = release(tmp_path / "new", [number("organisation", "_org", 103, coverage=0.8), number("org_unit", "a", 70)])
    assert hold_back(new, last, K) == ["kpi_adoption", "kpi_scorecard", "kpi_value"]
    wide, before, value = read(new, "kpi_adoption"), read(last, "kpi_adoption"), read(new)
    assert wide["_org"] == before["_org"] | {"active_contributing_share_suppressed_reason": "differencing"}
    assert (wide["a"]["active_contributing_share_n"], wide["a"]["rogers_stage"]) == (70, "stage of 70")
    for unit, row in wide.items():
        assert (row["active_contributing_share"], row["active_contributing_share_n"], row["coverage"]) == (
            value[unit]["value"], value[unit]["n"], value[unit]["coverage"]
        )  # fmt: skip


def test_the_scorecard_says_what_kpi_value_says(tmp_path: Path) -> None:
    def rows(n: int, base: int) -> list[dict[str, Any]]:
        return [
            number("organisation", "_org", n, value=n / 200),
            number("population", "p", base, purpose_id="p", period_grain="baseline", value=base / 100),
        ]

    def card(n: int, base: int, verdict: str | None) -> dict[str, Any]:
        return {
            "purpose_id": "p", "metric_id": "A2", "current_value": n / 200, "current_n": n, "coverage": 0.9,
            "current_period_start": date(2026, 1, 5), "current_period_grain": "w28",
            "current_unit_type": "organisation",
            "baseline_value": base / 100, "baseline_n": base, "verdict": verdict, "sentence": f"Now {n}.",
        }  # fmt: skip

    for name, verdict, sentence in (("told", None, SENTENCE), ("judged", "supported", "Now 103.")):
        last = release(tmp_path / name / "last", rows(100, 50), [card(100, 50, verdict)])
        new = release(tmp_path / name / "new", rows(103, 58), [card(103, 58, verdict)])
        hold_back(new, last, K)
        found = read(new, "kpi_scorecard")["p"]
        assert (found["current_value"], found["current_n"], found["current_suppressed_reason"]) == (
            0.5,
            100,
            "differencing",
        )
        assert (found["baseline_value"], found["baseline_n"], found["sentence"]) == (0.5, 50, sentence)


def test_a_first_release_and_one_without_numbers_are_left_alone(tmp_path: Path) -> None:
    new = release(tmp_path / "new", [number("organisation", "_org", 100)])
    assert hold_back(new, tmp_path / "nothing", K) == []
    assert hold_back(new, release(tmp_path / "empty", []), K) == []


def test_small_steps_are_told_once_they_are_k_together(tmp_path: Path) -> None:
    last, told = release(tmp_path / "0", [number("organisation", "_org", 100)]), []
    for step, n in enumerate((103, 106, 106, 109, 112), start=1):  # 3 a release; one is published twice
        new = release(tmp_path / str(step), [number("organisation", "_org", n)])
        hold_back(new, last, K)
        told.append((read(new)["_org"]["n"], read(new)["_org"]["suppressed_reason"]))
        last = new
    assert told == [*[(100, "differencing")] * 4, (112, None)]


def test_the_same_build_twice_is_the_same_release(tmp_path: Path) -> None:
    rows = [number("organisation", "_org", 103), number("org_unit", "a", 70)]
    last = release(tmp_path / "0", [number("organisation", "_org", 100), number("org_unit", "a", 50)])
    first, again = release(tmp_path / "1", rows), release(tmp_path / "2", rows)
    hold_back(first, last, K)
    hold_back(again, first, K)
    for table in ("kpi_value", "kpi_adoption", "kpi_scorecard"):
        assert (first / f"{table}.parquet").read_bytes() == (again / f"{table}.parquet").read_bytes()


@settings(max_examples=15, deadline=None)
@given(moves=st.lists(st.integers(0, 25), min_size=1, max_size=5), joined=st.sampled_from([0, 12]))
def test_no_difference_of_two_releases_is_about_fewer_than_k(
    tmp_path_factory: pytest.TempPathFactory, moves: list[int], joined: int
) -> None:
    """The attack: a release minus the one before, cell by cell; the total minus what the shown parts explain."""
    folder, units = tmp_path_factory.mktemp("attack"), [f"u{i}" for i in range(len(moves))]
    first = dict.fromkeys(units, 30)
    true = {unit: 30 + move for unit, move in zip(units, moves, strict=True)} | ({"joined": joined} if joined else {})
    last, new = (
        release(
            folder / name, [number("org_unit", *cell) for cell in cells.items()] + [number("organisation", "_org", n)]
        )
        for name, cells, n in (("last", first, sum(first.values())), ("new", true, sum(true.values())))
    )
    hold_back(new, last, K)
    shown = {unit: row["n"] for unit, row in read(new).items()}
    told = [shown[unit] - before for unit, before in {**first, "_org": sum(first.values())}.items()]
    if shown["_org"] == sum(true.values()):
        held = [unit for unit in units if shown[unit] != true[unit]]
        rest = shown["_org"] - sum(n for unit, n in shown.items() if unit not in [*held, "_org"])
        told.append(rest - sum(first[unit] for unit in held))
    assert not [people for people in told if 0 < abs(people) < K]
