"""Mattermost exports of three makes: what is kept, what is told apart, what is refused."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from tests.fixtures.golden import FIXTURES, expected, kept, landing_file
from tests.fixtures.parsed import Outcome, parsed, refusal, written, zipped
from throughline.reading import mattermost_compliance
from throughline.sources.mattermost import SOURCE

GOLDEN = FIXTURES / "mattermost" / "original" / "import.jsonl"
VERSION = '{"type":"version","version":1}'
AT = 1_700_000_000_000
HEADER = (
    "Post Creation Time,Team Id,Team Name,Team Display Name,Channel Id,Channel Name,Channel Display Name,Channel Type,"
    "User Id,User Email,Username,Post Id,Edited By Post Id,Replied to Post Id,Post Message,Post Type"
)


# --- bulk export --------------------------------------------------------------------------------------------------


def bulk(tmp_path: Path, *records: Any) -> Outcome:
    lines = [record if isinstance(record, str) else json.dumps(record) for record in (VERSION, *records)]
    return parsed(SOURCE, written(tmp_path / "import.jsonl", "\n".join(lines)))


def post(at: int = AT, text: str = "Hello", author: str = "ada", **more: Any) -> dict[str, Any]:
    content = {"team": "acme", "channel": "general", "user": author, "message": text, "create_at": at}
    return {"type": "post", "post": content | more}


@pytest.mark.parametrize("table", sorted(SOURCE.names))
def test_exactly_this_is_kept(table: str) -> None:
    assert kept(SOURCE, [landing_file(SOURCE, GOLDEN)])[table] == expected("mattermost", table)


def test_no_name_text_or_address_is_kept() -> None:
    text = json.dumps(kept(SOURCE, [landing_file(SOURCE, GOLDEN)])).lower()
    for personal in ("original", "ada", "secret", "@", "+49", "acme", "deploybot", "whisper", ".pdf"):
        assert personal not in text


def test_a_reply_knows_its_root_and_each_reaction_its_time(tmp_path: Path) -> None:
    reaction = {"user": "bo", "emoji_name": "eyes", "create_at": AT + 3}
    reply = {"user": "bo", "message": "Yes", "create_at": AT + 1, "reactions": [reaction]}
    found = bulk(tmp_path, post(replies=[reply]))
    root, answer = found["messages"]
    assert (root["parent_id"], answer["parent_id"]) == (None, root["message_id"])
    assert answer["sent_at"] == datetime(2023, 11, 14, 22, 13, 20, 1_000, tzinfo=UTC)
    assert [(row["message_id"], row["account_id"], row["reacted_at"].microsecond) for row in found["reactions"]] == [
        (answer["message_id"], "bo", 3_000)
    ]


def test_posts_of_one_millisecond_are_told_apart_by_author_and_channel(tmp_path: Path) -> None:
    found = bulk(tmp_path, post(), post(author="bo"), post(channel="other"), post(text="Hello, edited", edit_at=AT + 5))
    ids = [row["message_id"] for row in found["messages"]]
    assert len(set(ids)) == 3
    assert ids[0] == ids[3]  # the same post in a later export


def test_records_may_stand_in_any_order(tmp_path: Path) -> None:
    channel = {"type": "channel", "channel": {"team": "acme", "name": "general", "type": "P"}}
    found = bulk(tmp_path, post(), channel)
    assert [(row["space_id"], row["name"], row["kind"]) for row in found["spaces"]] == [
        ("acme/general", "general", "private")
    ]


def test_spaces_without_a_record_are_kept_and_those_of_people_bear_no_name(tmp_path: Path) -> None:
    direct = {"user": "ada", "message": "Psst", "create_at": AT}
    found = bulk(
        tmp_path,
        post(channel="gone"),
        {"type": "direct_post", "direct_post": direct | {"channel_members": ["bo", "ada"]}},
        {"type": "direct_post", "direct_post": direct | {"channel_members": ["cy", "bo", "ada"]}},
        {"type": "direct_channel", "direct_channel": {"members": ["ada", "bo"]}},
        {"type": "direct_channel", "direct_channel": {"members": ["ada", "ada"]}},
        {"type": "direct_channel", "direct_channel": {"members": ["ada", "dan", "ada"]}},
    )
    assert [(row["name"], row["kind"]) for row in found["spaces"]] == [
        ("gone", "unlisted"),
        (None, "dm"),
        (None, "group_dm"),
        (None, "dm"),
        (None, "dm"),
    ]


@pytest.mark.parametrize(
    ("text", "author", "kind", "is_system"),
    [
        ("ada joined the channel.", "ada", None, True),
        ("@ada has left the channel.", "ada", "", True),
        ("bo added to the channel by ada.", "ada", None, True),
        ("ada updated the channel header from: a to: b", "ada", None, True),
        ("bo joined the channel.", "ada", None, False),  # ada says so
        ("ada joined the channel. Welcome!", "ada", None, False),
        ("Anything", "ada", "system_join_channel", True),
        ("ada joined the channel.", "ada", "custom_note", False),
    ],
)
def test_notices_of_the_system_are_flagged(
    tmp_path: Path, text: str, author: str, kind: str | None, is_system: bool
) -> None:
    assert bulk(tmp_path, post(text=text, author=author, type=kind))["messages"][0]["is_system"] is is_system


@pytest.mark.parametrize(
    ("more", "is_bot"),
    [
        ({}, False),
        ({"props": {"from_bot": "true"}}, True),
        ({"props": {"from_webhook": True}}, True),
        ({"props": {"from_bot": "false"}}, False),
        ({"type": "slack_attachment"}, True),
        ({"author": "builder"}, True),
    ],
)
def test_bots_are_known_by_post_or_account(tmp_path: Path, more: dict[str, Any], is_bot: bool) -> None:
    bot = {"type": "bot", "bot": {"username": "builder", "owner": "ada"}}
    assert bulk(tmp_path, bot, post(**more))["messages"][0]["is_bot"] is is_bot


@pytest.mark.parametrize(
    ("text", "names", "is_broadcast"),
    [
        ("@bo and @BO. and (@cy-d), not mail@example.com or /@path", ["bo", "cy-d"], False),
        ("@ada to herself", [], False),
        ("@channel now", [], True),
        ("@here @bo", ["bo"], True),
        ("nobody", [], False),
    ],
)
def test_mentions_are_names_after_an_at_sign(tmp_path: Path, text: str, names: list[str], is_broadcast: bool) -> None:
    found = bulk(tmp_path, post(text=text))
    assert [row["account_id"] for row in found["mentions"]] == names
    assert (found["messages"][0]["mention_count"], found["messages"][0]["is_broadcast"]) == (len(names), is_broadcast)


@pytest.mark.parametrize(
    ("record", "count"),
    [
        ("{", 1),
        ("[]", 1),
        ({"type": "post"}, 1),
        ({"type": "post", "post": {"user": "Secret", "create_at": AT}}, 1),
        ({"type": "direct_post", "direct_post": {"user": "Secret", "create_at": AT}}, 1),
        ('{"type":"post","post":{"user":5,"message":"Secret', 1),
        (post(at=0), 1),
        (post(at=10**30), 1),
        (post(text=["Secret"]), 1),  # type: ignore[arg-type]  # as a damaged file has it
    ],
)
def test_what_is_no_record_is_rejected_by_its_line(tmp_path: Path, record: Any, count: int) -> None:
    found = bulk(tmp_path, post(), record, post(AT + 1))
    assert [part.place for part in found.rejected] == ["mattermost/import.jsonl, line 3"] * count
    assert "Secret" not in repr(found.rejected)
    assert len(found["messages"]) == 2


def test_a_reply_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    replies = [{"user": "bo", "create_at": 0}, {"user": "bo", "create_at": AT + 1}, {"user": "bo", "create_at": -1}]
    found = bulk(tmp_path, post(replies=replies))
    assert (len(found["messages"]), len(found.rejected)) == (2, 2)


@pytest.mark.parametrize(
    ("field", "value"),
    [("reactions", [{"emoji_name": "ok", "create_at": AT}]), ("reactions", [None]), ("edit_at", "Secret")],
)
def test_a_post_is_kept_without_a_field_that_cannot_be_read(tmp_path: Path, field: str, value: Any) -> None:
    reply = {"user": "bo", "create_at": AT + 1, field: value}
    found = bulk(tmp_path, post(**{field: value}, replies=[reply, None, {"create_at": AT + 2}]), post(AT + 3))
    assert [row["sent_at"].microsecond for row in found["messages"]] == [0, 1_000, 3_000]
    assert found["messages"][1]["parent_id"] == found["messages"][0]["message_id"]
    assert [part.place for part in found.rejected] == ["mattermost/import.jsonl, line 2"] * 2
    (told,) = (one for one in found.ignored if field in one.place)
    assert told.reason == "it cannot be read in 2 messages, which are kept without it"


@pytest.mark.parametrize("first", ["", "\n", "{", '{"type":"version","version":2}', '{"type":"post"}', '{"a":1}'])
def test_a_file_that_does_not_begin_with_the_version_is_refused(tmp_path: Path, first: str) -> None:
    refusal(SOURCE, written(tmp_path / "x.jsonl", first))


# --- archives -----------------------------------------------------------------------------------------------------


def test_the_export_in_its_archive_is_read_and_attached_files_are_not(tmp_path: Path) -> None:
    inside = {"import.jsonl": f"{VERSION}\n{json.dumps(post())}\n".encode(), "data/20231114/x.jsonl": b"{}"}
    found = parsed(SOURCE, zipped(tmp_path / "export.zip", inside))
    assert len(found["messages"]) == 1
    assert [part.reason for part in found.ignored] == ["1 files that people attached are not read"]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["a.jsonl", "posts.csv"], "holds several makes of export"),
        (["data/a.jsonl"], "holds no export"),
        (["batch001-1-2.zip", "batch002-2-3.zip"], "an archive of archives"),
    ],
)
def test_other_archives_are_refused(tmp_path: Path, names: list[str], sentence: str) -> None:
    assert sentence in refusal(SOURCE, zipped(tmp_path / "x.zip", dict.fromkeys(names, b"")))


def test_the_days_of_a_compliance_export_in_one_archive_are_all_read(tmp_path: Path) -> None:
    days = {
        "2023-11-15/actiance_export.xml": xml(said(AT, "p2")),
        "2023-11-14/actiance_export.xml": xml(said(AT, "p1")),
        "2023-11-14/metadata.json": "{}",
    }
    found = parsed(SOURCE, zipped(tmp_path / "november.zip", {name: text.encode() for name, text in days.items()}))
    assert [row["message_id"] for row in found["messages"]] == ["p1", "p2"]
    assert found.ignored == []


def test_an_archive_without_a_date_is_read(tmp_path: Path) -> None:
    path = tmp_path / "compliance.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("posts.csv"), csv_of(row(AT, "p1")))
    first_of_january = b"\x00\x00\x21\x00"
    path.write_bytes(path.read_bytes().replace(first_of_january, b"\x00\x00\x00\x00"))
    with zipfile.ZipFile(path) as archive:
        assert archive.infolist()[0].date_time == (1980, 0, 0, 0, 0, 0)  # as some tools write it
    assert len(parsed(SOURCE, path)["messages"]) == 1


# --- compliance export: CSV ----------------------------------------------------------------------------------------


def row(at: int, post_id: str, text: str = "Hello", kind: str = "message", **more: str) -> list[str]:
    cells = {
        "Channel Id": "c1",
        "Channel Name": "town-square",
        "Channel Type": "public",
        "User Id": "u1",
        "User Email": "ada@example.com",
        "Username": "ada",
    }
    told = {"Post Creation Time": str(at), "Post Id": post_id, "Post Message": text, "Post Type": kind}
    whole = cells | told | {name.replace("_", " "): value for name, value in more.items()}
    return [whole.get(name, "") for name in HEADER.split(",")]


def csv_of(*rows: list[str], header: str = HEADER) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header.split(","), *rows])
    return out.getvalue()


def compliance(tmp_path: Path, *rows: list[str], header: str = HEADER) -> Outcome:
    return parsed(SOURCE, written(tmp_path / "posts.csv", csv_of(*rows, header=header)))


def test_posts_of_several_lines_with_author_channel_and_thread(tmp_path: Path) -> None:
    reply = row(AT + 1, "p2", 'Two\n\nlines, "quoted"?', Replied_to_Post_Id="p1", Username="bo", User_Email="")
    found = compliance(tmp_path, row(AT, "p1"), reply)
    assert [(m["message_id"], m["account_id"], m["parent_id"], m["text_length"]) for m in found["messages"]] == [
        ("p1", "ada", None, 5),
        ("p2", "bo", "p1", len('Two\n\nlines, "quoted"?')),
    ]
    emails = {row["account_id"]: row["email"] for row in found["accounts"]}
    assert emails == {"ada": "ada@example.com", "bo": None}
    assert [(row["space_id"], row["name"], row["kind"]) for row in found["spaces"]] == [("c1", "town-square", "public")]


@pytest.mark.parametrize(
    ("told", "name", "kind"),
    [("private", "x", "private"), ("direct", None, "dm"), ("group", None, "group_dm"), ("odd", "x", "unlisted")],
)
def test_names_of_direct_messages_are_made_of_people_and_not_kept(
    tmp_path: Path, told: str, name: str | None, kind: str
) -> None:
    found = compliance(tmp_path, row(AT, "p1", Channel_Type=told, Channel_Name="x"))
    assert [(row["name"], row["kind"]) for row in found["spaces"]] == [(name, kind)]


def test_membership_and_earlier_texts_are_no_posts(tmp_path: Path) -> None:
    joins = [row(AT, "", "User ada joined", kind) for kind in ("previously-joined", "enter", "leave")]
    found = compliance(tmp_path, *joins, row(AT, "p9", "Old", Edited_By_Post_Id="p1"), row(AT, "p1", "New"))
    assert [row["message_id"] for row in found["messages"]] == ["p1"]
    (ignored,) = found.ignored
    assert ignored.reason == "left out: 1 earlier versions of edited posts, 3 notes of membership"
    assert found.rejected == []


def test_a_deleted_post_is_told_twice_and_kept_once(tmp_path: Path) -> None:
    found = compliance(tmp_path, row(AT, "p1", "Oops"), row(AT + 9, "p1", "delete Oops"), row(AT + 10, "p2"))
    first, second = found["messages"]
    assert (first["is_deleted"], first["edited_at"].microsecond, first["text_length"]) == (True, 9_000, 4)
    assert (second["is_deleted"], second["edited_at"]) == (False, None)


def test_files_follow_their_post_in_rows_that_lack_a_cell(tmp_path: Path) -> None:
    header = HEADER + ",User Type,Previews Post Id"
    post, other = [*row(AT, "p1"), "user", ""], [*row(AT + 1, "p2"), "bot", ""]
    files = [[*row(AT, "p1", "x.pdf (files/p1/x.pdf)", kind), "user"] for kind in ("attachment", "deleted attachment")]
    found = compliance(tmp_path, post, *files, other, row(AT + 2, "p3"), header=header)
    assert [(row["message_id"], row["file_count"], row["is_bot"]) for row in found["messages"]] == [
        ("p1", 2, False),
        ("p2", 0, True),
    ]
    assert [part.place for part in found.rejected] == ["mattermost/posts.csv row 6"]


def test_changes_of_newer_servers(tmp_path: Path) -> None:
    header = HEADER + ",Update Time,Updated Type,EditedNewMsgId"
    rows = [
        [*row(AT, "p1", "New"), str(AT + 5), "EditedNewMsg", ""],
        [*row(AT, "p9", "Old"), str(AT + 5), "EditedOriginalMsg", "p1"],
        [*row(AT, "p2"), str(AT + 6), "UpdatedNoMsgChange", ""],
        [*row(AT, "p3", "delete Oops"), str(AT + 7), "Deleted", ""],
        [*row(AT, "p3", "delete x.pdf"), str(AT + 7), "FileDeleted", ""],
    ]
    found = compliance(tmp_path, *rows, header=header)
    assert [(row["message_id"], row["is_deleted"], row["edited_at"] is not None) for row in found["messages"]] == [
        ("p1", False, True),
        ("p2", False, False),
        ("p3", True, True),
    ]


@pytest.mark.parametrize(
    "bad",
    [
        row(0, "p1"),
        row(AT, ""),
        row(AT, "p1", Username=""),
        row(AT, "p1", Channel_Id=""),
        ["Secret"],
        [*row(AT, "p"), "x"],
    ],
)
def test_a_row_that_cannot_be_read_is_rejected_by_its_number(tmp_path: Path, bad: list[str]) -> None:
    found = compliance(tmp_path, row(AT, "p0"), bad, row(AT, "p2"))
    assert [part.place for part in found.rejected] == ["mattermost/posts.csv row 3"]
    assert len(found["messages"]) == 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "column Post Creation Time is missing"),
        ("Id,StageName\n1,Won\n", "column Post Creation Time is missing"),
        (csv_of(row(AT, "p1")) + '1,"never closed', "never closed"),
        (csv_of(row(AT, "p1")) + "1," + "x" * 200_000, "damaged"),
    ],
)
def test_other_and_damaged_csv_is_refused(tmp_path: Path, content: str, sentence: str) -> None:
    assert sentence in refusal(SOURCE, written(tmp_path / "posts.csv", content))


# --- compliance export: Actiance XML --------------------------------------------------------------------------------


def said(at: int, post_id: str, text: str = "Hello", login: str = "Ada@example.com", **more: str) -> str:
    fields = {"MessageId": post_id, "LoginName": login, "UserType": "user", "DateTimeUTC": str(at), "Content": text}
    inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in (fields | more).items())
    return f"<Message>{inside}</Message>"


def xml(*elements: str, room: str = "public - town-square - c1") -> str:
    entered = "<ParticipantEntered><LoginName>bo@example.com</LoginName><UserType>user</UserType></ParticipantEntered>"
    times = "<StartTimeUTC>1</StartTimeUTC>", "<EndTimeUTC>2</EndTimeUTC>"
    inside = "".join((f"<RoomID>{room}</RoomID>", times[0], entered, *elements, times[1]))
    declared = '<?xml version="1.0" encoding="UTF-8"?>'
    return f'{declared}\n<FileDump><Conversation Perspective="x">{inside}</Conversation></FileDump>'


def actiance(tmp_path: Path, *elements: str, **more: str) -> Outcome:
    return parsed(SOURCE, written(tmp_path / "actiance_export.xml", xml(*elements, **more)))


def test_messages_of_xml_bear_addresses_files_and_changes(tmp_path: Path) -> None:
    upload = "<FileTransferStarted><LoginName>ada@example.com</LoginName><FileName>x</FileName></FileTransferStarted>"
    found = actiance(
        tmp_path,
        said(AT, "p1", "A <question> & more? @bo"),
        upload,
        said(AT, "p9", "Old", UpdatedType="EditedOriginalMsg"),
        said(AT + 1, "p2", "Oops"),
        said(AT + 1, "p2", "delete Oops", UpdatedType="Deleted", UpdatedDateTimeUTC=str(AT + 7)),
        said(AT + 2, "p3", login="bot@localhost", UserType="bot"),
    )
    assert [(m["message_id"], m["account_id"], m["file_count"], m["is_deleted"]) for m in found["messages"]] == [
        ("p1", "ada@example.com", 1, False),
        ("p2", "ada@example.com", 0, True),
        ("p3", "bot@localhost", 0, False),
    ]
    assert found["messages"][0]["is_question"]
    assert [(row["account_id"], row["is_bot"]) for row in found["accounts"]] == [
        ("bo@example.com", False),
        ("ada@example.com", False),
        ("bot@localhost", True),
    ]
    assert [(row["space_id"], row["name"], row["kind"]) for row in found["spaces"]] == [("c1", "town-square", "public")]
    assert [row["account_id"] for row in found["mentions"]] == ["bo"]


@pytest.mark.parametrize(
    ("room", "space"),
    [
        ("private - a - b - c2", ("c2", "a - b", "private")),
        ("direct - u1__u2 - c3", ("c3", None, "dm")),
        ("group - abc - c4", ("c4", None, "group_dm")),
        ("c5", ("c5", None, "unlisted")),
    ],
)
def test_rooms(tmp_path: Path, room: str, space: tuple[str, str | None, str]) -> None:
    found = actiance(tmp_path, said(AT, "p1"), room=room)
    assert [(row["space_id"], row["name"], row["kind"]) for row in found["spaces"]] == [space]


def test_a_message_without_time_is_rejected(tmp_path: Path) -> None:
    found = actiance(tmp_path, said(0, "p1"), said(AT, "p2"))
    assert len(found["messages"]) == 1
    assert [part.place for part in found.rejected] == ["mattermost/actiance_export.xml line 2"]


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (BOMB + "<FileDump>&b;</FileDump>", "declares a document type"),
        (OUTSIDE + "<FileDump>&a;</FileDump>", "declares a document type"),
        ("<html></html>", "not an Actiance export"),
        ("<FileDump>" * 30, "nested too deeply"),
        ("<FileDump>&a;</FileDump>", "is not whole XML"),
        (xml(said(AT, "p1"))[:-20], "is not whole XML"),
        ("", "is not whole XML"),
    ],
)
def test_xml_that_could_hurt_or_is_no_export_is_refused(tmp_path: Path, content: str, sentence: str) -> None:
    assert sentence in refusal(SOURCE, written(tmp_path / "x.xml", content))


@pytest.mark.parametrize(
    ("limit", "element", "sentence"),
    [
        ("MAX_TEXT", said(AT, "p1", "x" * 9_000), "characters"),
        ("MAX_TAG_BYTES", "<" + "x" * (3 << 20), "tag is longer"),
    ],
)
def test_what_would_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, element: str, sentence: str
) -> None:
    monkeypatch.setattr(mattermost_compliance, limit, 8_000)
    assert sentence in refusal(SOURCE, written(tmp_path / "x.xml", xml(element)))
