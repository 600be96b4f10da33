"""Each expectation at the door is seen to fail: a good file passes, and each change breaks what it should.

GOOD gives rows in which everything holds, BROKEN the changes for what a source's own file says; the changes for what
`raw.py` derives from the specification are derived here in the same way. Changes of one row each are made side by side
in one file of each table, so the expectations must also count rightly. Of tables that several sources share, one is
in GOOD; the others are held to have its columns, its key and the very same suite.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.fixtures import broken_rows, broken_tool_rows
from tests.fixtures.broken_rows import EMPTY, SEEN_AT, SENT_AT, Rows, Whole
from throughline import lake, quality
from throughline.source import Source, Table
from throughline.sources import SOURCES

GOOD = broken_rows.GOOD | broken_tool_rows.GOOD
BROKEN = broken_rows.BROKEN | broken_tool_rows.BROKEN
WINDOW = quality.Window(None, None, SEEN_AT)
TWICE: dict[str, Any] = {}  # the last row once more
SHAPE = ("the columns are those of the specification, in its order", "every column has its declared type")
# an upper bound of rows only; it takes more rows to see it fail than a test can write
UNSEEN = ("the number of ",)


def good_rows(source: Source, table: Table) -> Rows:
    """Rows with keys of their own, in which everything holds; as many as there are ways to break one, and ten more."""
    kinds: dict[pa.DataType, Any] = {
        pa.string(): "x",
        pa.bool_(): False,
        pa.int64(): 1,
        pa.float64(): 0.5,
        pa.date32(): date(2026, 5, 4),
        pa.timestamp("us", tz="UTC"): SENT_AT,
        pa.decimal128(18, 2): Decimal("1.00"),
    }
    row = {column.name: kinds[column.type] for column in table.schema}
    row |= dict.fromkeys(table.people, "0123456789abcdef" * 2) | GOOD.get((source.name, table.name), {})
    row |= {"file_id": "f" * 64, "loaded_at": SEEN_AT}
    count = len(BROKEN.get((source.name, table.name), [])) + len(derived(table)) + 10
    varied = next(name for name in table.key if table.schema.field(name).type == pa.string())
    value = row[varied] if callable(row[varied]) else lambda number: row[varied][:-3] + f"{number:03}"
    return [row | {varied: value(number)} for number in range(count)]


def derived(table: Table) -> list[tuple[dict[str, Any], str]]:
    """The changes of one row that break what `raw.py` derives from a specification."""
    texts = [c.name for c in table.schema if c.type == pa.string() and c.name not in table.people]
    numbers = [c.name for c in table.schema if c.type == pa.float64()]
    lineage = "every row says which file it came from, and when"
    return [
        *(({column: None}, f"every row has its {column}") for column in table.key),
        *(({column: "Ada Lovelace"}, f"every {column} is a keyed pseudonym") for column in table.people),
        *(({column: "ask ada@example.org"}, "no other column holds an e-mail address") for column in texts),
        *(({column: number}, "every number is finite") for column in numbers for number in (math.nan, -math.inf)),
        ({"file_id": "export.zip"}, lineage),
        ({"loaded_at": None}, lineage),
        (TWICE, "one row per key"),
    ]


EVERY = [(source, table) for source in SOURCES.values() for table in source.tables]
TABLES = [(source, table) for source, table in EVERY if (source.name, table.name) in GOOD]
OTHERS = [pair for pair in EVERY if pair not in TABLES]
TABLE_IDS = [f"{source.name}.{table.name}" for source, table in TABLES]
WHOLE = [
    (source, table, change, description)
    for source, table in TABLES
    for change, description in BROKEN.get((source.name, table.name), [])
    if isinstance(change, Whole)
]


def check(source: Source, table: Table, content: pa.Table, folder: Path) -> dict[str, quality.Check]:
    """Description -> what does not hold for this content, written as the lake writes it."""
    path = folder / f"{'f' * 64}.parquet"
    pq.write_table(content, path)
    report = quality.door(source, {table.name: path}, WINDOW)
    return {c.description: c for c in report.checks if not c.success and c.expectation != "table"}


def written(table: Table, rows: Rows) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=lake.raw_schema(table))


@pytest.mark.parametrize(("source", "table"), TABLES, ids=TABLE_IDS)
def test_a_good_file_passes(source: Source, table: Table, tmp_path: Path) -> None:
    assert check(source, table, written(table, good_rows(source, table)), tmp_path) == {}


@pytest.mark.parametrize(("source", "table"), TABLES, ids=TABLE_IDS)
def test_each_expectation_finds_the_rows_that_break_it_among_others(
    source: Source, table: Table, tmp_path: Path
) -> None:
    rows = good_rows(source, table)
    changes = [c for c in [*BROKEN.get((source.name, table.name), []), *derived(table)] if not isinstance(c[0], Whole)]
    for at, (change, _) in enumerate(changes):
        rows[at] = rows[-1] if change is TWICE else rows[at] | change
    failed = check(source, table, written(table, rows), tmp_path)
    wanted = Counter(description for change, description in changes)
    wanted["one row per key"] += 1  # both of the two rows
    found = {description: failed[description].unexpected_count or 0 for description in wanted if description in failed}
    assert [description for description in wanted if found.get(description, 0) < wanted[description]] == []
    assert [description for description, count in found.items() if count > len(changes) + 1] == []


@pytest.mark.parametrize(
    ("source", "table", "change", "description"), WHOLE, ids=[f"{s.name}.{t.name}: {d}" for s, t, _, d in WHOLE]
)
def test_each_expectation_about_a_whole_table_fails(
    source: Source, table: Table, change: Whole, description: str, tmp_path: Path
) -> None:
    rows = [] if change is EMPTY else [row | change for row in good_rows(source, table)]
    assert description in check(source, table, written(table, rows), tmp_path)


@pytest.mark.parametrize(("source", "table"), TABLES, ids=TABLE_IDS)
def test_a_file_of_another_shape_fails(source: Source, table: Table, tmp_path: Path) -> None:
    content = written(table, good_rows(source, table))
    swapped = content.select([*reversed(content.column_names)])
    assert set(check(source, table, swapped, tmp_path)) == {SHAPE[0]}
    last = table.schema.names[-1]
    as_bytes = content.column(last).cast(pa.string()).cast(pa.binary())
    retyped = content.set_column(content.column_names.index(last), last, as_bytes)
    assert SHAPE[1] in check(source, table, retyped, tmp_path)


def suite(source: Source, table: Table) -> list[Any]:
    found: list[Any] = quality.rules(source.name).SUITES.get(table.name, [])
    return found


@pytest.mark.parametrize(("source", "table"), OTHERS, ids=[f"{s.name}.{t.name}" for s, t in OTHERS])
def test_every_other_table_has_the_suite_of_one_that_was_tested(source: Source, table: Table) -> None:
    alike = [(s, t) for s, t in TABLES if t.name == table.name and (t.schema, t.key) == (table.schema, table.key)]
    assert [t for s, t in alike if suite(s, t) is suite(source, table)], "give its rows in broken_tool_rows.py"


def expectations() -> Iterator[tuple[str, str, Any]]:
    raw = quality.rules("raw")
    for source, table in EVERY:
        for expectation in [*raw.of(table), *suite(source, table)]:
            yield source.name, table.name, expectation


def test_every_expectation_was_seen_to_fail() -> None:
    seen = {
        (source.name, table.name, description)
        for source, table in TABLES
        for _, description in [*BROKEN.get((source.name, table.name), []), *derived(table)]
    }
    tested = {(source.name, table.name) for source, table in TABLES}
    unseen = [
        (s, t, e.description)
        for s, t, e in expectations()
        if (s, t) in tested and not e.description.startswith((*UNSEEN, *SHAPE))
    ]
    assert tested == set(GOOD)
    assert [place for place in unseen if place not in seen] == []


def test_every_expectation_says_what_holds_and_why() -> None:
    silent = [(s, t, type(e).__name__) for s, t, e in expectations() if not e.description or not e.notes]
    assert silent == []


def test_every_table_of_every_source_has_a_suite_and_no_suite_is_for_nothing() -> None:
    tables = {name: set(source.names) for name, source in SOURCES.items()}
    assert {name: set(quality.rules(name).SUITES) for name in SOURCES} == tables
    assert {name: quality.rules(name).REQUIRED - tables[name] for name in SOURCES} == {name: set() for name in SOURCES}
