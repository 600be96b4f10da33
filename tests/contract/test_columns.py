"""What every tabular source does when the columns of its export change: each column of each golden file is dropped in
turn, and one is added.

required -> the file (of an archive, the part) is refused and says which column; optional -> the rows are there, but
those that the column alone gave, and the column is told to be missing; left out -> nothing changes; new -> told, not
read.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from tests.fixtures import golden
from tests.fixtures.exports import POSTS
from tests.fixtures.parsed import Outcome, parsed, written, zipped
from throughline.source import Refused, Source
from throughline.sources import SOURCES

# columns by which an export is known: without one it is no longer this export, and refused or ignored as another
TELLING = {
    "dynamics365": {"(Do Not Modify) Account", "(Do Not Modify) User"},
    "hubspot": {"Deal Stage", "Record ID", "Email"},
    "m365_reports": {
        *("User Principal Name", "Group Display Name", "Posted Count", "Liked Count", "Mac", "Outlook", "Word"),
        *("Excel", "Word Copilot Last Activity Date", "Team Chat Message Count", "Private Chat Message Count"),
    },
}


@dataclass(frozen=True)
class Sheet:
    """One delimited file of a golden pair."""

    source: Source
    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def without(self, column: str) -> Sheet:
        at = self.header.index(column)
        header, *rows = (line[:at] + line[at + 1 :] for line in (self.header, *self.rows))
        return Sheet(self.source, self.name, header, tuple(rows))

    def beside(self, column: str, value: str) -> Sheet:
        """With one more column, between the others."""
        header, *rows = ((*line[:1], new, *line[1:]) for line, new in self._lines(column, value))
        return Sheet(self.source, self.name, header, tuple(rows))

    def _lines(self, column: str, value: str) -> Iterator[tuple[tuple[str, ...], str]]:
        yield self.header, column
        yield from ((row, value) for row in self.rows)

    def parsed(self, folder: Path) -> Outcome:
        """As it would be landed. Raises Refused."""
        text = io.StringIO(newline="")
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows((self.header, *self.rows))
        file = PurePosixPath(self.name).name
        if self.source.endings != (".zip",):
            return parsed(self.source, written(folder / file, text.getvalue()), self.name)
        return parsed(self.source, zipped(folder / "export.zip", {file: text.getvalue().encode()}))


def sheets() -> Iterator[Sheet]:
    for source in SOURCES.values():
        files = golden.original(source.name) if source.headers else {}
        files |= {"posts.csv": POSTS.encode()} if source.name == "mattermost" else {}
        for name, content in files.items():
            if not name.endswith(".csv") or ".zip/" in name:
                continue
            try:
                text = content.decode("utf-8-sig")
            except UnicodeDecodeError:
                text = content.decode("cp1252")
            sign = ";" if ";" in text.split("\n", 1)[0] else ","
            header, *rows = map(tuple, csv.reader(io.StringIO(text, newline=""), delimiter=sign))
            yield Sheet(source, f"{source.name}/{name}", header, tuple(rows))


READ = [sheet for sheet in sheets() if not re.search(r"contacts|people-|appoint|Campaign|Versions", sheet.name)]


def told(outcome: Outcome, kind: str) -> set[str]:
    return {name for one in outcome.columns for name in getattr(one, kind)}


def declared(source: Source, kind: str) -> set[str]:
    return {name for header in source.headers for name in getattr(header, kind)}


@pytest.mark.parametrize("sheet", READ, ids=lambda sheet: sheet.name)
def test_each_column_is_required_optional_or_left_out(sheet: Sheet, tmp_path: Path) -> None:
    whole = sheet.parsed(tmp_path)
    assert told(whole, "new") == set(), "declare them, or say that they are left out on purpose"
    assert told(whole, "used")
    for column in sheet.header:
        try:
            found = sheet.without(column).parsed(tmp_path)
        except Refused as refused:
            lost = [refused.what]
        else:
            lost = [damaged.reason for damaged in found.damaged]
        if lost or not found.columns:
            missing = re.fullmatch(r".*column (.+) is missing", lost[0]) if lost else None
            is_told = missing and missing[1] in declared(sheet.source, "required")
            assert is_told or column in TELLING.get(sheet.source.name, ()), (column, lost)
            continue
        gone = told(found, "missing") - told(whole, "missing")
        assert gone <= declared(sheet.source, "optional")
        assert told(found, "used") >= told(whole, "used") - {column}
        if column not in told(whole, "used"):
            assert (gone, found.rows) == (set(), whole.rows), f"{column} is said to be left out"
        assert found[found.columns[0].table], column
        assert all(len(found[table]) <= len(whole[table]) for table in found.rows), column


@pytest.mark.parametrize("sheet", READ, ids=lambda sheet: sheet.name)
def test_a_new_column_is_told_and_not_read(sheet: Sheet, tmp_path: Path) -> None:
    whole, found = sheet.parsed(tmp_path), sheet.beside("Shoe size", "43").parsed(tmp_path)
    assert told(found, "new") == {"Shoe size"}
    assert found.rows == whole.rows
    named = sheet.beside("ask ada@example.org", "43").parsed(tmp_path)
    assert told(named, "new") == {"(a name that is not shown)"}


def test_a_model_of_synapse_link_is_a_header(tmp_path: Path) -> None:
    source = SOURCES["dynamics365"]
    members = {name: content for name, content in golden.original(source.name).items() if ".zip/" in name}
    model = next(name for name in members if name.endswith("model.json"))
    for old, new in (
        ("estimatedvalue", "cr1f4_value"),
        ("description", "nobodyknows"),
        ("ownerid_entitytype", "x_base"),
    ):
        assert f'"{old}"'.encode() in members[model]
        members[model] = members[model].replace(f'"{old}"'.encode(), f'"{new}"'.encode())
    found = parsed(source, zipped(tmp_path / "link.zip", members))
    assert (told(found, "missing"), told(found, "new")) == ({"estimatedvalue"}, {"cr1f4_value"})
    assert [row["amount"] for row in found["deals"] if row["outcome"] == "open"] == [None]


def test_a_field_that_no_record_of_slack_analytics_has_is_missing(tmp_path: Path) -> None:
    source = SOURCES["slack_analytics"]
    lines = [json.loads(line) for line in golden.original(source.name)["members.json"].splitlines()]
    for line in lines:
        line.pop("search_count", None)
    del lines[0]["email_address"]  # another line has it
    lines[1] |= {"shoe_size": 43}
    text = "\n".join(map(json.dumps, lines))
    found = parsed(source, written(tmp_path / "members.json", text))
    assert [(one.table, one.missing, one.new) for one in found.columns] == [
        ("activity", ("search_count",), ("shoe_size",))
    ]


@pytest.mark.parametrize("source", [s for s in SOURCES.values() if s.headers], ids=lambda source: source.name)
def test_a_source_says_of_no_column_two_things(source: Source) -> None:
    for header in source.headers:
        kinds = (set(header.required), set(header.optional), set(header.left_out), set(header.sometimes))
        assert header.required or header.optional
        assert sum(map(len, kinds)) == len(set.union(*kinds)), header.table


def test_every_tabular_source_declares_its_columns() -> None:
    tabular = {name for name, source in SOURCES.items() if ".csv" in source.endings} | {"viva_engage"}
    nested = {"slack_analytics", "slack", "teams", "google_chat", "rocketchat"}
    assert {name for name, source in SOURCES.items() if source.headers} == tabular | nested
