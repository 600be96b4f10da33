"""Google Chat: Takeout and audit; what is kept of each, which dates are read, what is refused."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.golden import expected, kept, landing_file, original
from tests.fixtures.parsed import Outcome, parsed, refusal, written, zipped
from throughline.reading import google_audit
from throughline.reading.google_takeout import microseconds
from throughline.sources.google_chat import SOURCE

SPACE = "Takeout/Google Chat/Groups/Space AAAA"
AT = "Tuesday, November 14, 2023 at 10:13:20 PM UTC"


# --- Takeout ------------------------------------------------------------------------------------------------------


def golden(folder: Path) -> Path:
    return zipped(folder / "takeout.zip", original("google_chat"))


def message(own: str = "t1", created: str = AT, author: str = "ada@example.com", **more: Any) -> dict[str, Any]:
    creator = {"name": "Ada", "email": author, "user_type": "Human"}
    return {"creator": creator, "created_date": created, "text": "Hello", "message_id": f"AAAA/t1/{own}"} | more


def takeout(tmp_path: Path, *messages: Any, group: Any = None, folder: str = SPACE) -> Outcome:
    inside = {f"{folder}/messages.json": json.dumps({"messages": messages}).encode()}
    if group is not None:
        inside[f"{folder}/group_info.json"] = json.dumps(group).encode()
    return parsed(SOURCE, zipped(tmp_path / "takeout.zip", inside))


@pytest.mark.parametrize("table", sorted(SOURCE.names))
def test_exactly_this_is_kept(tmp_path: Path, table: str) -> None:
    assert kept(SOURCE, [landing_file(SOURCE, golden(tmp_path))]).get(table, []) == expected("google_chat", table)


def test_no_name_text_or_address_is_kept(tmp_path: Path) -> None:
    text = json.dumps(kept(SOURCE, [landing_file(SOURCE, golden(tmp_path))])).lower()
    for personal in ("original", "ada", "secret", "@", "whisper", ".png"):
        assert personal not in text


@pytest.mark.parametrize(
    ("prose", "moment"),
    [
        ("Monday, January 6, 2020 at 3:04:05 PM UTC", datetime(2020, 1, 6, 15, 4, 5, tzinfo=UTC)),
        ("Monday, January 6, 2020 at 3:04:05\u202fPM UTC", datetime(2020, 1, 6, 15, 4, 5, tzinfo=UTC)),
        ("Monday, January 6, 2020 at 12:00:00 AM UTC", datetime(2020, 1, 6, tzinfo=UTC)),
        ("Monday, January 6, 2020 at 12:00:00 PM UTC", datetime(2020, 1, 6, 12, tzinfo=UTC)),
        ("Monday, 6 January 2020 at 15:04:05 UTC", datetime(2020, 1, 6, 15, 4, 5, tzinfo=UTC)),
        ("Monday 6 January 2020 at 3:04:05 pm UTC", datetime(2020, 1, 6, 15, 4, 5, tzinfo=UTC)),
        ("Monday, January 6, 2020 at 12:00:00 a.m. UTC", datetime(2020, 1, 6, tzinfo=UTC)),
        ("Monday, January 6, 2020 at 3:04:05 PM PST", None),
        ("Monday, January 6, 2020 at 13:04:05 PM UTC", None),
        ("Monday, January 36, 2020 at 3:04:05 PM UTC", None),
        ("Montag, 6. Januar 2020 um 15:04:05 UTC", None),
        ("01/06/2020 15:04:05", None),
        ("", None),
    ],
)
def test_dates_are_english_prose_in_utc_or_not_read(prose: str, moment: datetime | None) -> None:
    assert microseconds(prose) == (int(moment.timestamp()) * 1_000_000 if moment else None)


def test_the_first_of_a_topic_is_the_root_of_the_others(tmp_path: Path) -> None:
    found = takeout(tmp_path, message(), message("m2"))["messages"]
    assert [(row["message_id"], row["parent_id"]) for row in found] == [
        ("AAAA/t1/t1", None),
        ("AAAA/t1/m2", "AAAA/t1/t1"),
    ]


@pytest.mark.parametrize(
    ("folder", "group", "space"),
    [
        (SPACE, {"name": "Deals"}, ("AAAA", "Deals", "private")),
        (SPACE, {"name": "Group Chat"}, ("AAAA", None, "group_dm")),
        (SPACE, None, ("AAAA", None, "unlisted")),
        ("x/Groups/DM k6", {"members": [{"email": "a@b"}] * 2}, ("k6", None, "dm")),
        ("x/Groups/DM k6", {"name": "Ada", "members": [{"email": "a@b"}] * 3}, ("k6", None, "group_dm")),
    ],
)
def test_spaces(tmp_path: Path, folder: str, group: Any, space: tuple[str, str | None, str]) -> None:
    found = takeout(tmp_path, message(), group=group, folder=folder)
    assert [(row["space_id"], row["name"], row["kind"]) for row in found["spaces"]] == [space]


def test_takeouts_of_two_accounts_in_one_archive_are_both_read(tmp_path: Path) -> None:
    own = {"ada": message(), "bo": message("m2")}
    inside = {
        f"{who}/{SPACE}/messages.json": json.dumps({"messages": [one, message("m3")]}).encode()
        for who, one in own.items()
    }
    found = parsed(SOURCE, zipped(tmp_path / "takeouts.zip", inside))
    assert [row["message_id"] for row in found["messages"]] == [f"AAAA/t1/{own}" for own in ("t1", "m3", "m2", "m3")]
    assert {row["space_id"] for row in found["spaces"]} == {"AAAA"}


def test_what_is_no_message_is_rejected_by_its_record(tmp_path: Path) -> None:
    bad = [{"text": "Secret"}, message(created="Secret"), "Secret", None, message(text=["Secret"])]
    found = takeout(tmp_path, *(message(f"m{number}") for number in range(9)), *bad)
    assert [part.place for part in found.rejected] == [
        f"Space AAAA/messages.json, record {number}" for number in range(10, 15)
    ]
    assert "Secret" not in repr(found.rejected)
    assert len(found["messages"]) == 9


@pytest.mark.parametrize(
    ("field", "value"),
    [("reactions", [{"reactor_emails": [None]}]), ("updated_date", 5), ("attached_files", {}), ("reactions", [None])],
)
def test_a_message_is_kept_without_a_field_that_cannot_be_read(tmp_path: Path, field: str, value: Any) -> None:
    found = takeout(tmp_path, message(), message("m2", **{field: value}))
    assert (len(found["messages"]), found.rejected) == (2, [])
    assert [one.place for one in found.ignored] == [f"google_chat/takeout.zip, field {field}"]


def test_a_takeout_in_another_language_is_refused(tmp_path: Path) -> None:
    inside = {f"{SPACE}/messages.json": json.dumps({"messages": [message(created="6. Januar 2020")]}).encode()}
    assert "not written in English" in refusal(SOURCE, zipped(tmp_path / "takeout.zip", inside))


def test_a_conversation_that_cannot_be_read_is_damage_and_the_others_load(tmp_path: Path) -> None:
    groups = "Takeout/Google Chat/Groups"
    inside = {
        f"{groups}/Space A/messages.json": b'{"messages": [',
        f"{groups}/Space A/group_info.json": b"[",
        f"{groups}/Space B/messages.json": json.dumps({"messages": [message()]}).encode(),
        f"{groups}/Space B/File-x.png": b"x",
    }
    found = parsed(SOURCE, zipped(tmp_path / "takeout.zip", inside))
    assert [part.place for part in found.damaged] == ["Space A/group_info.json", "Space A/messages.json"]
    assert len(found["messages"]) == 1
    assert [part.reason[:7] for part in found.ignored] == ["1 files"]


def test_another_archive_is_refused(tmp_path: Path) -> None:
    assert "not a Google Takeout of Chat" in refusal(SOURCE, zipped(tmp_path / "x.zip", {"channels.json": b"[]"}))


# --- audit --------------------------------------------------------------------------------------------------------


def activity(name: str = "message_posted", time: str = "2026-03-01T08:00:00.123Z", **told: Any) -> dict[str, Any]:
    told = {"room_id": "r1", "message_id": "m1", "conversation_type": "SPACE"} | told
    parameters = [{"name": key, "value": value} for key, value in told.items()]
    return {
        "kind": "admin#reports#activity",
        "id": {"time": time, "uniqueQualifier": "1", "applicationName": "chat"},
        "actor": {"callerType": "USER", "email": "Ada@example.com", "profileId": "123"},
        "events": [{"type": "user_action", "name": name, "parameters": parameters}],
    }


def audit(tmp_path: Path, content: Any, name: str = "chat.json") -> Outcome:
    return parsed(SOURCE, written(tmp_path / name, content if isinstance(content, bytes) else json.dumps(content)))


PAGE = {"kind": "admin#reports#activities", "items": [activity(), activity(message_id="m2")], "nextPageToken": "x"}


def test_a_new_field_of_an_activity_is_told(tmp_path: Path) -> None:
    (found,) = audit(tmp_path, {"items": [activity() | {"mood": 1}, activity(shoe_size="43")]}).columns
    assert (found.table, found.missing, found.new) == ("messages", (), ("mood",))


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(PAGE),
        json.dumps(PAGE, indent=2),
        json.dumps([PAGE], indent=2),
        json.dumps(PAGE["items"]),
        "\n".join(json.dumps(item) for item in PAGE["items"]),
        "\n".join(json.dumps({"items": [item]}) for item in PAGE["items"]),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_activities_come_in_pages_in_lists_or_in_lines(tmp_path: Path, content: str, packed: bool) -> None:
    found = audit(tmp_path, gzip.compress(content.encode()) if packed else content.encode())
    assert [(row["message_id"], row["space_id"]) for row in found["messages"]] == [("m1", "r1"), ("m2", "r1")]
    assert found.rejected == []


def test_of_a_post_author_room_and_time_are_known_and_nothing_of_the_text(tmp_path: Path) -> None:
    found = audit(tmp_path, [activity(room_name="Deals"), activity(message_id="m2", timestamp_ms="1700000000000")])
    first, second = found["messages"]
    assert first["sent_at"] == datetime(2026, 3, 1, 8, 0, 0, 123_000, tzinfo=UTC)
    assert second["sent_at"] == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    unknown = ("text_length", "is_question", "mention_count", "is_broadcast", "fingerprint", "tags", "file_count")
    assert {first[column] for column in unknown} == {None}
    assert [(row["account_id"], row["email"]) for row in found["accounts"]] == [("ada@example.com", "ada@example.com")]
    assert [(row["space_id"], row["name"], row["kind"]) for row in found["spaces"]] == [("r1", "Deals", "unlisted")]


@pytest.mark.parametrize(
    ("told", "space"),
    [
        ({"conversation_type": "USER_TO_USER_DIRECT_MESSAGE", "room_name": "Ada"}, (None, "dm")),
        ({"conversation_type": "GROUP_DIRECT_MESSAGE", "room_name": "Ada, Bo"}, (None, "group_dm")),
        ({"conversation_type": None, "room_name": "Ada, Bo"}, (None, "unlisted")),
    ],
)
def test_rooms_that_may_be_named_after_people_bear_no_name(
    tmp_path: Path, told: dict[str, Any], space: tuple[None, str]
) -> None:
    assert [(row["name"], row["kind"]) for row in audit(tmp_path, [activity(**told)])["spaces"]] == [space]


def test_programs_are_bots_and_an_actor_without_address_keeps_its_id(tmp_path: Path) -> None:
    program = activity() | {"actor": {"callerType": "KEY", "key": "SYSTEM"}}
    guest = activity(message_id="m2") | {"actor": {"callerType": "USER", "profileId": "9"}}
    found = audit(tmp_path, [program, guest])
    assert [(row["account_id"], row["is_bot"]) for row in found["messages"]] == [(None, True), ("9", False)]
    assert [(row["account_id"], row["email"]) for row in found["accounts"]] == [("9", None)]


def test_other_events_are_counted_and_tell_their_rooms(tmp_path: Path) -> None:
    found = audit(
        tmp_path, [activity("room_created", room_id="r2"), activity("add_room_member"), activity("message_edited")]
    )
    assert found["messages"] == []
    assert [row["space_id"] for row in found["spaces"]] == ["r2", "r1"]
    (ignored,) = found.ignored
    assert ignored.reason == "events that are not used: 1 add_room_member, 1 message_edited, 1 room_created"


@pytest.mark.parametrize(
    "record",
    [
        "{",
        {"id": {"time": "Secret"}, "events": []},
        {"id": {"time": "2026-03-01T08:00:00"}, "events": []},
        {"id": {"time": "0001-01-01T00:00:00+23:00"}, "events": []},
        activity(message_id=""),
        {"events": "Secret"},
    ],
)
def test_what_is_no_activity_is_rejected_by_its_line(tmp_path: Path, record: Any) -> None:
    records = [activity(), record, activity(message_id="m2")]
    content = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in records)
    found = audit(tmp_path, content.encode(), "chat.jsonl")
    assert [part.place for part in found.rejected] == ["google_chat/chat.jsonl, line 2, item 1"]
    assert "Secret" not in repr(found.rejected)
    assert len(found["messages"]) == 2


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"items": []}', "Date,Event\n1,2\n", '{"a": 1}\n' * 300])
def test_files_without_an_activity_are_refused(tmp_path: Path, content: str) -> None:
    assert "holds no activity of Google Chat" in refusal(SOURCE, written(tmp_path / "x.json", content))


@pytest.mark.parametrize("more", [{}, {"items": []}])
def test_a_page_of_a_time_in_which_nothing_happened_is_no_error(tmp_path: Path, more: dict[str, Any]) -> None:
    found = audit(tmp_path, {"kind": "admin#reports#activities", "etag": "x"} | more)
    assert (found.rows, [one.reason for one in found.ignored]) == ({}, ["holds no activities"])


def test_a_page_over_many_lines_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google_audit, "MAX_PAGE_BYTES", 100)
    assert "one activity a line" in refusal(SOURCE, written(tmp_path / "x.json", json.dumps(PAGE, indent=2)))
