"""Each expectation at the door is seen to fail: a good file passes, and each change breaks what it should.

GOOD gives rows in which everything holds, BROKEN the changes for what a source's own file says; the changes for what
`raw.py` derives from the specification are derived here in the same way. Changes of one row each are made side by side
in one file of each table, so the expectations must also count rightly.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
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


class Whole(dict[str, Any]):
    """A change of every row; the others change one row each."""


EMPTY = Whole(no="rows")
SOUND = "no {} is from before 2000, or from a day after the file was seen"
SENT = [
    ({"sent_at": None}, "every {} has a time"),
    ({"sent_at": TOO_LATE}, SOUND),
    ({"sent_at": datetime(1999, 12, 31, tzinfo=UTC)}, SOUND),
]
TIMES = [
    ({"created_at": TOO_LATE}, "no created_at is after the file was seen"),
    ({"created_at": datetime(1999, 12, 31, tzinfo=UTC)}, "no created_at is from before 2000"),
]
CHANGED = [
    ({"modified_at": TOO_LATE}, "no modified_at is after the file was seen"),
    ({"modified_at": datetime(1999, 12, 31, tzinfo=UTC)}, "no modified_at is from before 2000"),
]
DEALS = [
    ({"probability": 1.01}, "a probability lies in [0, 1]"),
    ({"amount": Decimal("10000000000000.01")}, "an amount is finite and has at most 13 digits"),
    ({"close_date": date(206, 8, 1)}, "a close date lies between 1990 and 2100"),
    ({"currency": "euro"}, "a currency is a code of three capital letters"),
]
DESIGNS = [
    ({"method": "regression"}, "the method is one that this project estimates with"),
    ({"min_effect_of_interest": 0.0}, "the smallest effect of interest is above zero"),
    ({"outcome_metric": "win rate"}, "outcome_metric is the id of a metric, such as C1b_180"),
]
NO_ID = "every {} is the id of {}"
BROKEN: dict[tuple[str, str], list[tuple[dict[str, Any], str]]] = {
    ("slack", "messages"): [
        *((change, what.format("message")) for change, what in SENT),
        (EMPTY, "the export holds at least one message"),
        ({"ts": "yesterday"}, "ts is seconds.microseconds, and is the time it was sent at"),
        ({"sent_at": SENT_AT + timedelta(hours=2)}, "ts is seconds.microseconds, and is the time it was sent at"),
        ({"subtype": "Hello Ada"}, "a subtype is a word of Slack's, such as channel_join"),
        ({"crm_links": "003000000000001AAA"}, "links are ids of opportunities (006) or accounts (001) alone"),
        ({"tags": "#Handover"}, "tags are lower-case words without their #"),
        ({"mention_count": -1}, "no length or count is negative"),
        ({"text_length": 200_001}, "no text is longer than Slack lets anybody write"),
        ({"is_bot": None}, "of every message it is known whether a bot wrote it"),
        (Whole(user_id=None), "at least half of the messages have an author"),
    ],
    ("slack", "mentions"): [(change, what.format("mention")) for change, what in SENT],
    ("slack", "reactions"): [
        *((change, what.format("reaction")) for change, what in SENT),
        ({"emoji": "two words"}, "an emoji is one word, such as +1::skin-tone-2"),
    ],
    ("slack", "channels"): [
        (EMPTY, "there is at least one conversation"),
        ({"kind": None}, "every conversation has a kind"),
        ({"kind": "secret"}, "the kind of a conversation is one of five"),
        ({"kind": "dm", "name": "ada"}, "direct messages have no name"),
        ({"created_at": TOO_LATE}, "no conversation is younger than the file"),
    ],
    ("slack", "users"): [
        (EMPTY, "there is at least one account"),
        ({"is_bot": None}, "of every account it is known whether it is a bot"),
        ({"updated_at": TOO_LATE}, "no account changed after the file was seen"),
        (Whole(email=None), "at least a fifth of the accounts have an address"),
    ],
    ("salesforce", "accounts"): [
        *TIMES,
        *CHANGED,
        ({"account_id": "A-1"}, NO_ID.format("account_id", "an account")),
    ],
    ("salesforce", "contacts"): [
        *TIMES,
        *CHANGED,
        ({"account_id": "A-1"}, NO_ID.format("account_id", "an account")),
    ],
    ("salesforce", "opportunities"): [
        *TIMES,
        *CHANGED,
        *DEALS,
        (EMPTY, "there is at least one opportunity"),
        ({"opportunity_id": ACCOUNT}, NO_ID.format("opportunity_id", "an opportunity")),
        ({"account_id": OPPORTUNITY}, NO_ID.format("account_id", "an account")),
        ({"is_won": True, "is_closed": False}, "what is won is closed"),
        (Whole(owner_id=None), "nine of ten opportunities have an owner"),
    ],
    ("salesforce", "opportunity_history"): [
        *TIMES,
        *DEALS,
        ({"opportunity_id": ACCOUNT}, NO_ID.format("opportunity_id", "an opportunity")),
        ({"created_at": None}, "every change has its time"),
    ],
    ("salesforce", "users"): [
        *CHANGED,
        (EMPTY, "there is at least one user"),
        (Whole(email=None, username=None), "at least half of the users have an address"),
    ],
    ("people", "roster"): [
        (EMPTY, "the roster names at least one person"),
        ({"org_unit": None}, "every assignment is to a unit"),
        ({"org_unit": " "}, "a unit has a name of at most 200 characters"),
        ({"org_unit": "x" * 201}, "a unit has a name of at most 200 characters"),
        ({"end_date": date(2026, 1, 1)}, "no assignment ends before it starts"),
        ({"start_date": date(9999, 12, 31)}, "assignments start between 1940 and 2100"),
        ({"level": 31}, "a level lies between 0 and 30"),
        ({"is_external": None}, "of everybody it is known whether they are external"),
        ({"leader_band": "top", "is_leader": False}, "who has a leader band is a leader"),
        ({"email": "a" * 32, "manager_email": "a" * 32}, "nobody is their own manager"),
        ({"time_zone": "CET (Berlin)"}, "a time zone is named as in Europe/Berlin"),
    ],
    ("purposes", "purposes"): [
        *DESIGNS,
        (EMPTY, "the file registers at least one purpose"),
        ({"purpose_id": "_org"}, "an id is a slug, such as faster-handover"),
        ({"content_hash": "short"}, "every version has the hash of its content"),
        ({"stage": "crossed"}, "the stage is one of four"),
        ({"behaviour_metric": "answers"}, "behaviour_metric is the id of a metric, such as C1b_180"),
        ({"baseline_from_date": date(2026, 3, 1)}, "the baseline has at least one day"),
        ({"start_date": date(2026, 2, 28)}, "a purpose starts after its baseline"),
        ({"target_by_date": date(2026, 3, 2)}, "the target is due after the start"),
        ({"start_date": date(2200, 1, 1), "target_by_date": None}, "a purpose starts between 2000 and 2100"),
        ({"landmark_days": 366}, "the landmark lies within a year"),
        ({"registered_at": TOO_LATE}, "no purpose is registered after its file was seen"),
        ({"registered_at": None}, "every version has the time of its registration"),
        ({"missing": "target"}, "a purpose is measurable exactly when nothing is missing"),
    ],
    ("purposes", "spaces"): [
        ({"space_source": "Slack: "}, "a space belongs to a source, or is a tag"),
        ({"pattern": "*"}, "a pattern is lower-case, without #, and does not match everything"),
    ],
    ("purposes", "org_units"): [({"org_unit": " "}, "a unit of the population has a name")],
    ("purposes", "secondary"): DESIGNS,
}
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
    varied = next(name for name in (*table.key, "") if name and table.schema.field(name).type == pa.string())
    count = len(BROKEN.get((source.name, table.name), [])) + len(derived(table)) + 10
    return [row | {varied: row[varied][:-3] + f"{number:03}"} for number in range(count)]


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


TABLES = [(source, table) for source in SOURCES.values() for table in source.tables]
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


def expectations() -> Iterator[tuple[str, str, Any]]:
    raw = quality.rules("raw")
    for source, table in TABLES:
        for expectation in [*raw.of(table), *quality.rules(source.name).SUITES.get(table.name, [])]:
            yield source.name, table.name, expectation


def test_every_expectation_was_seen_to_fail() -> None:
    seen = {
        (source.name, table.name, description)
        for source, table in TABLES
        for _, description in [*BROKEN.get((source.name, table.name), []), *derived(table)]
    }
    unseen = [(s, t, e.description) for s, t, e in expectations() if not e.description.startswith((*UNSEEN, *SHAPE))]
    assert [place for place in unseen if place not in seen] == []


def test_every_expectation_says_what_holds_and_why() -> None:
    silent = [(s, t, type(e).__name__) for s, t, e in expectations() if not e.description or not e.notes]
    assert silent == []


def test_every_table_of_every_source_has_a_suite_and_no_suite_is_for_nothing() -> None:
    tables = {name: set(source.names) for name, source in SOURCES.items()}
    assert {name: set(quality.rules(name).SUITES) for name in SOURCES} == tables
    assert {name: quality.rules(name).REQUIRED - tables[name] for name in SOURCES} == {name: set() for name in SOURCES}
