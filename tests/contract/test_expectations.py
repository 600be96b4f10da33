"""Each expectation at the door is seen to fail: a good file passes, and each change breaks exactly what it should.

GOOD gives rows in which everything holds, BROKEN the changes for what a source's own file says; the changes for what
`raw.py` derives from the specification are derived here in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from throughline import lake, quality
from throughline.source import Source, Table
from throughline.sources import SOURCES

SEEN_AT = datetime(2026, 7, 6, 8, 0, tzinfo=UTC)
WINDOW = quality.Window(None, None, SEEN_AT)
TOO_LATE = SEEN_AT + timedelta(days=1)
SENT_AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
TS = f"{int(SENT_AT.timestamp())}.000100"
Rows = list[dict[str, Any]]

MESSAGE = {"ts": TS, "sent_at": SENT_AT}
DEAL = {"probability": 0.6, "amount": Decimal("1000.00"), "close_date": date(2026, 8, 1), "currency": "EUR"}
ACCOUNT, OPPORTUNITY = "001000000000001AAA", "006000000000001AAA"
DESIGN = {"method": "staggered_did", "min_effect_of_interest": 0.03, "outcome_metric": "C1b_180"}
GOOD: dict[tuple[str, str], dict[str, Any]] = {
    ("slack", "messages"): MESSAGE | {"subtype": "thread_broadcast", "tags": "handover", "crm_links": OPPORTUNITY},
    ("slack", "mentions"): MESSAGE,
    ("slack", "reactions"): MESSAGE | {"emoji": "+1::skin-tone-2"},
    ("slack", "channels"): {"kind": "public", "created_at": SENT_AT},
    ("slack", "users"): {"updated_at": SENT_AT},
    ("salesforce", "accounts"): {"account_id": ACCOUNT},
    ("salesforce", "contacts"): {"account_id": ACCOUNT},
    ("salesforce", "opportunities"): DEAL | {"opportunity_id": OPPORTUNITY, "account_id": ACCOUNT},
    ("salesforce", "opportunity_history"): DEAL | {"opportunity_id": OPPORTUNITY},
    ("salesforce", "users"): {},
    ("people", "roster"): {"leader_band": None, "end_date": None, "time_zone": "Europe/Berlin"},
    ("purposes", "purposes"): DESIGN
    | {"content_hash": "c" * 64, "stage": "pilot", "behaviour_metric": "O5", "is_measurable": True, "missing": ""}
    | {"baseline_from_date": date(2026, 1, 1), "baseline_until_date": date(2026, 3, 1), "start_date": date(2026, 3, 2)}
    | {"target_by_date": date(2026, 12, 31), "landmark_days": 14, "registered_at": SEEN_AT},
    ("purposes", "spaces"): {"content_hash": "c" * 64, "space_source": "slack", "pattern": "handover-*"},
    ("purposes", "org_units"): {"content_hash": "c" * 64, "org_unit": "emea"},
    ("purposes", "secondary"): DESIGN | {"content_hash": "c" * 64},
}


def first(**values: Any) -> Callable[[Rows], Rows]:
    return lambda rows: [rows[0] | values, *rows[1:]]


def every(**values: Any) -> Callable[[Rows], Rows]:
    return lambda rows: [row | values for row in rows]


def none(rows: Rows) -> Rows:
    return []


SOUND = "no {} is from before 2000, or from a day after the file was seen"
SENT = [
    (first(sent_at=None), "every {} has a time"),
    (first(sent_at=TOO_LATE), SOUND),
    (
        first(sent_at=datetime(1999, 12, 31, tzinfo=UTC)),
        "no {} is from before 2000, or from a day after the file was seen",
    ),
]
TIMES = [
    (first(created_at=TOO_LATE), "no created_at is after the file was seen"),
    (first(created_at=datetime(1999, 12, 31, tzinfo=UTC)), "no created_at is from before 2000"),
]
CHANGED = [
    (first(modified_at=TOO_LATE), "no modified_at is after the file was seen"),
    (first(modified_at=datetime(1999, 12, 31, tzinfo=UTC)), "no modified_at is from before 2000"),
]
DEALS = [
    (first(probability=1.01), "a probability lies in [0, 1]"),
    (first(amount=Decimal("10000000000000.01")), "an amount is finite and has at most 13 digits"),
    (first(close_date=date(206, 8, 1)), "a close date lies between 1990 and 2100"),
    (first(currency="euro"), "a currency is a code of three capital letters"),
]
DESIGNS = [
    (first(method="regression"), "the method is one that this project estimates with"),
    (first(min_effect_of_interest=0.0), "the smallest effect of interest is above zero"),
    (first(outcome_metric="win rate"), "outcome_metric is the id of a metric, such as C1b_180"),
]
NO_ID = "every {} is the id of {}"
BROKEN: dict[tuple[str, str], list[tuple[Callable[[Rows], Rows], str]]] = {
    ("slack", "messages"): [
        *((change, what.format("message")) for change, what in SENT),
        (none, "the export holds at least one message"),
        (first(ts="yesterday"), "ts is seconds.microseconds, and is the time it was sent at"),
        (first(sent_at=SENT_AT + timedelta(hours=2)), "ts is seconds.microseconds, and is the time it was sent at"),
        (first(subtype="Hello Ada"), "a subtype is a word of Slack's, such as channel_join"),
        (first(crm_links="003000000000001AAA"), "links are ids of opportunities (006) or accounts (001) alone"),
        (first(tags="#Handover"), "tags are lower-case words without their #"),
        (first(mention_count=-1), "no length or count is negative"),
        (first(text_length=200_001), "no text is longer than Slack lets anybody write"),
        (first(is_bot=None), "of every message it is known whether a bot wrote it"),
        (every(user_id=None), "at least half of the messages have an author"),
    ],
    ("slack", "mentions"): [(change, what.format("mention")) for change, what in SENT],
    ("slack", "reactions"): [
        *((change, what.format("reaction")) for change, what in SENT),
        (first(emoji="two words"), "an emoji is one word, such as +1::skin-tone-2"),
    ],
    ("slack", "channels"): [
        (none, "there is at least one conversation"),
        (first(kind=None), "every conversation has a kind"),
        (first(kind="secret"), "the kind of a conversation is one of five"),
        (first(kind="dm", name="ada"), "direct messages have no name"),
        (first(created_at=TOO_LATE), "no conversation is younger than the file"),
    ],
    ("slack", "users"): [
        (none, "there is at least one account"),
        (first(is_bot=None), "of every account it is known whether it is a bot"),
        (first(updated_at=TOO_LATE), "no account changed after the file was seen"),
        (every(email=None), "at least a fifth of the accounts have an address"),
    ],
    ("salesforce", "accounts"): [
        *TIMES,
        *CHANGED,
        (first(account_id="A-1"), NO_ID.format("account_id", "an account")),
    ],
    ("salesforce", "contacts"): [
        *TIMES,
        *CHANGED,
        (first(account_id="A-1"), NO_ID.format("account_id", "an account")),
    ],
    ("salesforce", "opportunities"): [
        *TIMES,
        *CHANGED,
        *DEALS,
        (none, "there is at least one opportunity"),
        (first(opportunity_id=ACCOUNT), NO_ID.format("opportunity_id", "an opportunity")),
        (first(account_id=OPPORTUNITY), NO_ID.format("account_id", "an account")),
        (first(is_won=True, is_closed=False), "what is won is closed"),
        (every(owner_id=None), "nine of ten opportunities have an owner"),
    ],
    ("salesforce", "opportunity_history"): [
        *TIMES,
        *DEALS,
        (first(opportunity_id=ACCOUNT), NO_ID.format("opportunity_id", "an opportunity")),
        (first(created_at=None), "every change has its time"),
    ],
    ("salesforce", "users"): [
        *CHANGED,
        (none, "there is at least one user"),
        (every(email=None, username=None), "at least half of the users have an address"),
    ],
    ("people", "roster"): [
        (none, "the roster names at least one person"),
        (first(org_unit=None), "every assignment is to a unit"),
        (first(org_unit=" "), "a unit has a name of at most 200 characters"),
        (first(org_unit="x" * 201), "a unit has a name of at most 200 characters"),
        (first(end_date=date(2026, 1, 1)), "no assignment ends before it starts"),
        (first(start_date=date(9999, 12, 31)), "assignments start between 1940 and 2100"),
        (first(level=31), "a level lies between 0 and 30"),
        (first(is_external=None), "of everybody it is known whether they are external"),
        (first(leader_band="top", is_leader=False), "who has a leader band is a leader"),
        (first(email="a" * 32, manager_email="a" * 32), "nobody is their own manager"),
        (first(time_zone="CET (Berlin)"), "a time zone is named as in Europe/Berlin"),
    ],
    ("purposes", "purposes"): [
        *DESIGNS,
        (none, "the file registers at least one purpose"),
        (first(purpose_id="_org"), "an id is a slug, such as faster-handover"),
        (first(content_hash="short"), "every version has the hash of its content"),
        (first(stage="crossed"), "the stage is one of four"),
        (first(behaviour_metric="answers"), "behaviour_metric is the id of a metric, such as C1b_180"),
        (first(baseline_from_date=date(2026, 3, 1)), "the baseline has at least one day"),
        (first(start_date=date(2026, 2, 28)), "a purpose starts after its baseline"),
        (first(target_by_date=date(2026, 3, 2)), "the target is due after the start"),
        (first(start_date=date(2200, 1, 1), target_by_date=None), "a purpose starts between 2000 and 2100"),
        (first(landmark_days=366), "the landmark lies within a year"),
        (first(registered_at=TOO_LATE), "no purpose is registered after its file was seen"),
        (first(registered_at=None), "every version has the time of its registration"),
        (first(missing="target"), "a purpose is measurable exactly when nothing is missing"),
    ],
    ("purposes", "spaces"): [
        (first(space_source="Slack: "), "a space belongs to a source, or is a tag"),
        (first(pattern="*"), "a pattern is lower-case, without #, and does not match everything"),
    ],
    ("purposes", "org_units"): [(first(org_unit=" "), "a unit of the population has a name")],
    ("purposes", "secondary"): DESIGNS,
}
# an upper bound of rows only; it takes more rows to see it fail than a test can write
UNSEEN = ("the number of ",)


@dataclass(frozen=True)
class Broken:
    source: Source
    table: Table
    descriptions: list[str]
    change: Callable[[Rows], Rows] = lambda rows: rows
    reshape: Callable[[pa.Table], pa.Table] = lambda table: table

    def __str__(self) -> str:
        return f"{self.source.name}.{self.table.name}: {', '.join(self.descriptions)}"[:120]


def good_rows(source: Source, table: Table) -> Rows:
    """Three rows with keys of their own, in which everything holds."""
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
    varied = next(name for name in (*table.key, "") if name and table.schema.field(name).type == pa.string())
    values = [row[varied][:-1] + str(number) for number in range(3)]
    return [row | {varied: value} for value in values]


def derived(source: Source, table: Table) -> Iterator[Broken]:
    """The changes that break what `raw.py` derives from a specification, as many at once as show apart."""
    texts = [c.name for c in table.schema if c.type == pa.string() and c.name not in table.people]
    numbers = [c.name for c in table.schema if c.type == pa.float64()]
    holes = [f"every row has its {column}" for column in table.key]
    yield Broken(source, table, holes, first(**dict.fromkeys(table.key)))
    values = dict.fromkeys(table.people, "Ada Lovelace") | dict.fromkeys(texts[-1:], "ask ada@example.org")
    what = [f"every {column} is a keyed pseudonym" for column in table.people]
    what += ["no other column holds an e-mail address"] if texts else []
    what += ["every number is finite"] if numbers else []
    for number in (float("nan"), float("-inf")):
        yield Broken(source, table, what, first(**values, **dict.fromkeys(numbers, number)))
    twice = ["one row per key", "every row says which file it came from, and when"]
    yield Broken(source, table, twice, lambda rows: [rows[0], *first(file_id="export.zip")(rows)])
    yield Broken(source, table, twice[1:], first(loaded_at=None))
    swapped = ["the columns are those of the specification, in its order"]
    yield Broken(source, table, swapped, reshape=lambda t: t.select([*reversed(t.column_names)]))
    yield Broken(source, table, ["every column has its declared type"], reshape=_last_as_bytes)


def _last_as_bytes(table: pa.Table) -> pa.Table:
    """The last column of the specification, as text's bytes."""
    at = table.num_columns - 1 - len(lake.LINEAGE)
    return table.set_column(at, table.column_names[at], table.column(at).cast(pa.string()).cast(pa.binary()))


TABLES = [(source, table) for source in SOURCES.values() for table in source.tables]
OWN = [
    Broken(source, table, [description], change)
    for source, table in TABLES
    for change, description in BROKEN.get((source.name, table.name), [])
]
CASES = [*OWN, *(case for source, table in TABLES for case in derived(source, table))]


def check(source: Source, table: Table, rows: Rows, folder: Path, reshape: Callable[[pa.Table], pa.Table]) -> set[str]:
    """The descriptions that do not hold for these rows, written as the lake writes them."""
    path = folder / f"{'f' * 64}.parquet"
    pq.write_table(reshape(pa.Table.from_pylist(rows, schema=lake.raw_schema(table))), path)
    report = quality.door(source, {table.name: path}, WINDOW)
    return {c.description for c in report.checks if not c.success and c.expectation != "table"}


@pytest.mark.parametrize(("source", "table"), TABLES, ids=[f"{s.name}.{t.name}" for s, t in TABLES])
def test_a_good_file_passes(source: Source, table: Table, tmp_path: Path) -> None:
    assert check(source, table, good_rows(source, table), tmp_path, lambda t: t) == set()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_expectation_fails_where_it_should(case: Broken, tmp_path: Path) -> None:
    rows = case.change(good_rows(case.source, case.table))
    assert set(case.descriptions) <= check(case.source, case.table, rows, tmp_path, case.reshape)


def expectations() -> Iterator[tuple[str, str, Any]]:
    raw = quality.rules("raw")
    for source, table in TABLES:
        for expectation in [*raw.of(table), *quality.rules(source.name).SUITES.get(table.name, [])]:
            yield source.name, table.name, expectation


def test_every_expectation_was_seen_to_fail() -> None:
    seen = {(case.source.name, case.table.name, what) for case in CASES for what in case.descriptions}
    unseen = [(s, t, e.description) for s, t, e in expectations() if not e.description.startswith(UNSEEN)]
    assert [place for place in unseen if place not in seen] == []


def test_every_expectation_says_what_holds_and_why() -> None:
    silent = [(s, t, type(e).__name__) for s, t, e in expectations() if not e.description or not e.notes]
    assert silent == []


def test_every_table_of_every_source_has_a_suite_and_no_suite_is_for_nothing() -> None:
    tables = {name: set(source.names) for name, source in SOURCES.items()}
    assert {name: set(quality.rules(name).SUITES) for name in SOURCES} == tables
    assert {name: quality.rules(name).REQUIRED - tables[name] for name in SOURCES} == {name: set() for name in SOURCES}
