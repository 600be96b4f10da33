"""Slack Analytics files: which record goes where, what is kept of it, and what is refused."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.golden import expected, kept, landing_file, original
from tests.fixtures.parsed import Outcome, parsed, refusal, written
from throughline.reading import lines
from throughline.sources.slack_analytics import SOURCE

MEMBER = {"date": "2026-03-01", "team_id": "T1", "user_id": "U1", "email_address": "a@example.com", "is_active": True}


def golden(folder: Path) -> Path:
    """All files of original/ in one, as Slack compresses them."""
    return written(folder / "2026-03-01.json.gz", gzip.compress(b"".join(original("slack_analytics").values())))


def read(tmp_path: Path, *records: Any, name: str = "members.json") -> Outcome:
    content = "\n".join(record if isinstance(record, str) else json.dumps(record) for record in records)
    return parsed(SOURCE, written(tmp_path / name, content))


@pytest.mark.parametrize("table", sorted(SOURCE.names))
def test_exactly_this_is_kept(tmp_path: Path, table: str) -> None:
    assert kept(SOURCE, [landing_file(SOURCE, golden(tmp_path))])[table] == expected("slack_analytics", table)


def test_no_name_text_or_address_is_kept(tmp_path: Path) -> None:
    text = json.dumps(kept(SOURCE, [landing_file(SOURCE, golden(tmp_path))])).lower()
    for personal in ("ada", "original", "@", "w0000001", "+49", "ltd"):
        assert personal not in text


def test_a_day_is_a_window_of_its_own_and_counts_that_are_not_told_are_unknown(tmp_path: Path) -> None:
    idle = MEMBER | {"is_active": False, "date": "2026-03-02", "email_address": ""}
    told = {"messages_posted_count": 4, "files_added_count": 2, "search_count": 3, "total_calls_count": 1}
    first, second = read(tmp_path, MEMBER | told, idle)["activity"]
    assert (first["window_from_date"], first["window_until_date"]) == (date(2026, 3, 1), date(2026, 3, 1))
    assert (first["last_active_date"], second["last_active_date"]) == (date(2026, 3, 1), None)
    assert (first["email"], second["email"]) == ("a@example.com", None)
    assert (first["post_count"], first["call_count"], first["other_action_count"]) == (4, 1, 5)
    assert (second["post_count"], second["call_count"], second["other_action_count"]) == (None, None, None)


def test_an_account_in_two_workspaces_has_a_row_in_each(tmp_path: Path) -> None:
    older = {key: value for key, value in MEMBER.items() if key != "team_id"}
    found = read(tmp_path, MEMBER, MEMBER | {"team_id": "T2"}, older)["activity"]
    assert [row["product"] for row in found] == ["slack/T1", "slack/T2", "slack"]
    key = SOURCE.table("activity").key
    assert len({tuple(row[column] for column in key) for row in found}) == 3


def test_accounts_are_keyed_as_those_of_the_slack_export() -> None:
    assert dict(SOURCE.table("activity").people) == {"account_id": "slack", "email": "email"}


def test_names_of_channels_stand_in_files_of_their_own(tmp_path: Path) -> None:
    counted = {"channel_id": "C1", "date": "2026-03-01", "total_members_count": 0}
    named = {"channel_id": "C1", "date": "2026-03-01", "name": "general", "topic": "", "description": ""}
    found = read(tmp_path, counted, named)
    assert [row["total_member_count"] for row in found["channels"]] == [0]
    assert [row["name"] for row in found["channel_names"]] == ["general"]


@pytest.mark.parametrize(
    "record",
    [
        '{"date": "2026-03-01", "user_id": "U1"',
        {"user_id": "Secret"},
        {"date": "01/03/2026", "user_id": "Secret"},
        {"date": "2026-03-01"},
        {"date": "2026-03-01", "user_id": "U1", "messages_posted_count": "Secret"},
        {"date": "2026-03-01", "user_id": "U1", "search_count": 10**30},
        "[]",
        "null",
    ],
)
def test_what_is_no_record_is_rejected_by_its_line(tmp_path: Path, record: Any) -> None:
    found = read(tmp_path, MEMBER, "", record, MEMBER)
    assert len(found["activity"]) == 2
    (rejected,) = found.rejected
    assert rejected.place == "slack_analytics/members.json, line 3"
    assert "Secret" not in rejected.reason


@pytest.mark.parametrize("content", ["", "\n\n", "TEAM_ID,USER_ID\nT1,U1\n", '{"a": 1}\n' * 200, "[\n" * 150])
def test_other_files_are_refused(tmp_path: Path, content: str) -> None:
    assert "holds no record of Slack Analytics" in refusal(SOURCE, written(tmp_path / "x.json", content))


def test_a_compressed_file_that_is_cut_off_is_refused_whole(tmp_path: Path) -> None:
    content = golden(tmp_path).read_bytes()
    assert "damaged or cut off" in refusal(SOURCE, written(tmp_path / "cut.json.gz", content[:-9]))


def test_a_file_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress((json.dumps(MEMBER) + "\n").encode() * 200_000)
    assert "unpacks to more than" in refusal(SOURCE, written(tmp_path / "bomb.json.gz", bomb))


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 1 << 20)
    assert "a line is longer than 1 MB" in refusal(
        SOURCE, written(tmp_path / "x.json", json.dumps(MEMBER) + " " * (3 << 20))
    )
