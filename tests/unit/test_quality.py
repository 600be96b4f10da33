"""The doors: what closes them, what their reports say, and what they never say."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from throughline import data_docs, lake, quality
from throughline.source import Refused, Source, Table
from throughline.sources import SOURCES

SEEN_AT = datetime(2026, 7, 6, 8, 0, tzinfo=UTC)
WINDOW = quality.Window(None, None, SEEN_AT)
FILE_ID = "f" * 64
PERSON = "0123456789abcdef0123456789abcdef"
SECRET = "Ada Lovelace"


def check(**changes: Any) -> quality.Check:
    facts: dict[str, Any] = {
        "table": "messages",
        "expectation": "no_rows",
        "column": "user_id",
        "severity": "critical",
        "description": "every user_id is a keyed pseudonym",
        "reason": "privacy",
        "success": False,
        "row_count": 1000,
        "unexpected_count": 3,
    }
    return quality.Check(**facts | changes)


def messages(folder: Path, rows: int = 3, **changes: Any) -> Path:
    """A Parquet file of messages as the lake writes it; changes: column -> value in its first row."""
    source = SOURCES["slack"]
    sent_at = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
    row = {"team_id": "T1", "channel_id": "C1", "sent_at": sent_at, "user_id": PERSON, "is_bot": False, "tags": ""}
    row |= {"crm_links": "", "text_length": 5, "mention_count": 0, "file_count": 0, "loaded_at": SEEN_AT}
    table = [row | {"ts": f"{sent_at.timestamp():.0f}.{n:06}", "file_id": FILE_ID} for n in range(rows)]
    table[:1] = [row | changes for row in table[:1]]
    folder.mkdir(exist_ok=True)
    path = folder / f"{FILE_ID}.parquet"
    pq.write_table(pa.Table.from_pylist(table, schema=lake.raw_schema(source.table("messages"))), path)
    return path


def published(folder: Path) -> Path:
    database = folder / "warehouse.duckdb"
    with duckdb.connect(database) as db:
        db.execute("create schema kpi")
        db.execute("create table kpi.dim_date as select date '2026-01-05' calendar_date")
    return database


def test_a_good_file_opens_the_door(tmp_path: Path) -> None:
    report = quality.door(SOURCES["slack"], {"messages": messages(tmp_path)}, WINDOW)
    assert report.success
    assert report.evaluated == len(report.checks) > 15
    assert (report.sentence, report.failures, report.warnings, report.page) == ("", (), (), None)


def test_an_address_closes_the_door_and_is_not_repeated(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    path = messages(tmp_path, user_id=f"{SECRET} <ada@example.org>", tags=f"see {SECRET} ada@example.org")
    report = quality.door(SOURCES["slack"], {"messages": path}, WINDOW, docs)
    assert not report.success
    assert report.sentence.startswith("messages: expected that every user_id is a keyed pseudonym, but found 1 row")
    written = [page.read_text() for page in docs.rglob("*.html")]
    said = [report.sentence, repr(report), repr(report.rows()), *written]
    assert len(written) == 2
    assert not [text for text in said if "Ada" in text or "example.org" in text]


def test_a_value_outside_its_vocabulary_is_not_repeated(tmp_path: Path) -> None:
    source = SOURCES["slack"]
    path = tmp_path / f"{FILE_ID}.parquet"
    row = {"team_id": "T1", "channel_id": "C1", "kind": SECRET, "file_id": FILE_ID, "loaded_at": SEEN_AT}
    pq.write_table(pa.Table.from_pylist([row], schema=lake.raw_schema(source.table("channels"))), path)
    report = quality.door(source, {"channels": path, "messages": messages(tmp_path / "m")}, WINDOW, tmp_path / "docs")
    assert [failure.column for failure in report.failures] == ["kind"]
    pages = [page.read_text() for page in (tmp_path / "docs").rglob("*.html")]
    assert not [text for text in [report.sentence, repr(report), *pages] if "Ada" in text]


@pytest.mark.parametrize(("late", "opens"), [(-1, True), (0, False), (1, False)])
def test_a_message_of_a_day_after_the_file_is_from_the_future(tmp_path: Path, late: int, opens: bool) -> None:
    sent_at = SEEN_AT + timedelta(days=1, microseconds=late)
    path = messages(tmp_path, sent_at=sent_at, ts=f"{sent_at.timestamp():.6f}")
    assert quality.door(SOURCES["slack"], {"messages": path}, WINDOW).success is opens


def test_a_file_without_a_required_table_is_refused(tmp_path: Path) -> None:
    source = SOURCES["slack"]
    path = tmp_path / f"{FILE_ID}.parquet"
    pq.write_table(pa.Table.from_pylist([], schema=lake.raw_schema(source.table("mentions"))), path)
    report = quality.door(source, {"mentions": path}, WINDOW)
    assert [failure.table for failure in report.failures] == ["messages"]
    assert report.sentence == "messages: expected that the table is in the file, which is not so"


def test_nothing_to_check_is_no_success() -> None:
    salesforce = quality.door(SOURCES["salesforce"], {}, WINDOW)
    assert (salesforce.success, salesforce.evaluated) == (False, 0)
    assert salesforce.sentence == "nothing in it could be checked: no table was read from it"
    assert not quality.door(SOURCES["slack"], {}, WINDOW).success


def test_an_expectation_that_cannot_be_evaluated_closes_the_door_whatever_its_severity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with quality.great_expectations():
        from great_expectations import expectations as gxe

        raising = gxe.UnexpectedRowsExpectation(
            unexpected_rows_query=f"select 1 from {{batch}} where nowhere = '{SECRET}'",
            severity="warning",
            description="it raises",
        )
    monkeypatch.setitem(quality.rules("slack").SUITES, "messages", [raising])
    report = quality.door(SOURCES["slack"], {"messages": messages(tmp_path)}, WINDOW, tmp_path / "docs")
    assert [(failure.description, failure.evaluated) for failure in report.failures] == [("it raises", False)]
    assert report.sentence == "messages: it could not be checked whether it raises"
    assert report.page is not None
    page = (report.page.parent / "messages.html").read_text()
    assert "Traceback" not in page
    assert str(tmp_path) not in page


def test_a_missing_column_is_told_as_such_and_not_by_all_that_rests_on_it(tmp_path: Path) -> None:
    path = messages(tmp_path)
    pq.write_table(pq.read_table(path).drop_columns(["sent_at"]), path)
    report = quality.door(SOURCES["slack"], {"messages": path}, WINDOW)
    assert [failure.description for failure in report.failures] == [
        "the columns are those of the specification, in its order"
    ]


def test_a_source_without_expectations_is_refused_by_name(tmp_path: Path) -> None:
    table = Table("things", pa.schema([("id", pa.string())]), key=("id",))
    source = Source("carrier_pigeon", "Pigeon post", (".csv",), (table,), parse=lambda file: iter(()))
    with pytest.raises(
        Refused, match=r"carrier_pigeon: nothing says what must hold; write expectations/carrier_pigeon.py"
    ):
        quality.door(source, {"things": messages(tmp_path)}, WINDOW)


def test_a_table_without_a_suite_closes_the_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(quality.rules("slack").SUITES, "messages")
    report = quality.door(SOURCES["slack"], {"messages": messages(tmp_path)}, WINDOW)
    assert [failure.description for failure in report.failures] == ["expectations/slack.py knows it"]


def test_a_warning_is_reported_and_lets_through(tmp_path: Path) -> None:
    report = quality.door(SOURCES["slack"], {"messages": messages(tmp_path, text_length=200_001)}, WINDOW)
    assert report.success
    assert [warning.unexpected_count for warning in report.warnings] == [1]


def test_folders_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "it's $HOME, 50%20 #1"
    report = quality.door(SOURCES["slack"], {"messages": messages(folder)}, WINDOW, folder / "docs")
    assert report.success
    assert report.page is not None
    assert report.page.is_relative_to(folder)
    assert report.page.exists()
    assert {check.table for check in quality.exit(published(folder)).checks if check.success} == {"dim_date"}


@pytest.mark.parametrize(
    ("checks", "sentence"),
    [
        (
            [check()],
            "messages: expected that every user_id is a keyed pseudonym, but found 3 of 1,000 rows",
        ),
        ([check(), check()], "but found 3 of 1,000 rows; and 1 more check failed"),
        (
            [check(row_count=None), check(), check(severity="warning"), check()],
            "but found 3 rows; and 2 more checks failed",
        ),
        ([check(unexpected_count=None, row_count=0)], "keyed pseudonym, which is not so"),
        ([check(severity="warning")], ""),
    ],
)
def test_the_sentence_counts(checks: list[quality.Check], sentence: str) -> None:
    said = quality.Report("door/slack", tuple(checks)).sentence
    assert said.endswith(sentence)
    assert "\n" not in said


def test_rows_are_flat_and_complete() -> None:
    (row,) = quality.Report("door/slack", (check(),)).rows()
    assert row == {
        "place": "door/slack",
        "table_name": "messages",
        "column_name": "user_id",
        "expectation": "no_rows",
        "severity": "critical",
        "description": "every user_id is a keyed pseudonym",
        "reason": "privacy",
        "success": False,
        "row_count": 1000,
        "unexpected_count": 3,
        "evaluated": True,
    }


def test_the_pages_fetch_nothing_and_are_the_same_for_the_same_file(tmp_path: Path) -> None:
    path = messages(tmp_path)
    pages = []
    for name in ("first", "second"):
        report = quality.door(SOURCES["slack"], {"messages": path}, WINDOW, tmp_path / name)
        assert report.page == tmp_path / name / "door" / "slack" / FILE_ID / "index.html"
        folder = report.page.parent
        pages.append({page.name: page.read_text() for page in sorted(folder.rglob("*")) if page.is_file()})
    assert pages[0] == pages[1]
    assert set(pages[0]) == {"index.html", "messages.html"}
    for text in pages[0].values():
        assert not re.search(r"<script|<link|<img|src=|https?://|@import|url\(", text)
        assert text.count("<div") == text.count("</div>")
    assert "the export holds at least one message" in pages[0]["messages.html"]


def test_of_the_pages_the_oldest_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_docs, "KEPT", 2)
    folder = tmp_path / "docs" / "door" / "slack"
    for age, name in enumerate(("newer", "older", "oldest"), start=1):
        (folder / name).mkdir(parents=True)
        shutil.os.utime(folder / name, (1_700_000_000 - age, 1_700_000_000 - age))
    quality.door(SOURCES["slack"], {"messages": messages(tmp_path)}, WINDOW, tmp_path / "docs")
    assert sorted(page.name for page in folder.iterdir()) == [FILE_ID, "newer"]


def test_the_exit_is_closed_while_tables_are_missing(tmp_path: Path) -> None:
    report = quality.exit(published(tmp_path))
    lost = {failure.table for failure in report.failures}
    assert lost == quality.rules("kpi").REQUIRED - {"dim_date"}


def test_the_exit_is_closed_to_a_table_that_nobody_vouches_for(tmp_path: Path) -> None:
    database = published(tmp_path)
    with duckdb.connect(database) as db:
        db.execute("create table kpi.kpi_secret as select 1 as i")
    assert "kpi_secret" in {failure.table for failure in quality.exit(database).failures}


def test_the_warehouse_is_free_again_afterwards(tmp_path: Path) -> None:
    database = published(tmp_path)
    quality.exit(database, tmp_path / "docs")
    with duckdb.connect(database) as db:
        db.execute("create table kpi.again as select 1 as i")


def test_nothing_is_left_outside_the_given_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work, temporary = tmp_path / "work", tmp_path / "temporary"
    work.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    path = messages(tmp_path)
    quality.door(SOURCES["slack"], {"messages": path}, WINDOW, tmp_path / "docs")
    assert [*work.iterdir(), *temporary.iterdir()] == []
