"""Viva Engage exports: threads, groups, private conversations, overlapping ranges, and what is kept of people."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures import golden
from tests.fixtures.parsed import SEEN_AT, Outcome, parsed, refusal, zipped
from throughline.lake import land
from throughline.landing import LandingFile
from throughline.privacy import Pseudonymiser
from throughline.sources.viva_engage import SOURCE

AT = "2026-03-02T09:00:00Z"


def sheet(*records: dict[str, Any]) -> bytes:
    """One CSV with the columns of all records."""
    names = list(dict.fromkeys(name for record in records for name in record))
    out = io.StringIO()
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue().encode()


def message(number: int = 1, **fields: Any) -> dict[str, Any]:
    base = {"id": number, "thread_id": number, "created_at": AT, "sender_id": "61", "sender_email": "a@firm.example"}
    group = {"group_id": "71", "group_name": "Hulls", "in_private_group": "false", "in_private_conversation": "false"}
    return {**base, **group, "sender_type": "user", "body": "ready", **fields}


def export(folder: Path, **parts: list[dict[str, Any]]) -> Outcome:
    members = {f"{name}.csv": sheet(*records) for name, records in parts.items()}
    return parsed(SOURCE, zipped(folder / "export.zip", members))


def one(folder: Path, **fields: Any) -> dict[str, Any]:
    return export(folder, Messages=[message(**fields)])["messages"][0]


# --- what is kept ------------------------------------------------------------------------------------------------


def kept(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Table -> rows as the lake writes them, of the golden export zipped."""
    return golden.kept(
        SOURCE, [golden.landing_file(SOURCE, zipped(folder / "export.zip", golden.original("viva_engage")))]
    )


@pytest.mark.parametrize("table", [table.name for table in SOURCE.tables])
def test_exactly_this_is_kept(tmp_path: Path, table: str) -> None:
    assert kept(tmp_path)[table] == golden.expected("viva_engage", table)


def test_no_name_text_account_or_address_is_kept(tmp_path: Path) -> None:
    text = json.dumps(kept(tmp_path)).lower()
    for personal in ("greta", "anil", "tove", "lindqvist", "@", "workshop", "mill lane", "director", '"600000000'):
        assert personal not in text


# --- messages ----------------------------------------------------------------------------------------------------


def test_every_column_of_a_message(tmp_path: Path) -> None:
    assert one(
        tmp_path,
        thread_id=5,
        title="Plans",
        body="Who,\n[[user:61]] [[user:62]] [[user:62]] [[tag:9]] starts? #handover",
        attachments="opengraphobject:[1 : x], uploadedfile:2, uploadedimage:3",
    ) == {
        "message_id": "1",
        "space_id": "71",
        "sent_at": datetime(2026, 3, 2, 9, tzinfo=UTC),
        "account_id": "61",
        "parent_id": "5",
        "is_bot": False,
        "is_system": False,
        "is_deleted": False,
        "text_length": len("Plans Who, starts? #handover"),
        "is_question": True,
        "mention_count": 1,
        "is_broadcast": False,
        "fingerprint": "plans who, starts? #handover",
        "tags": "handover",
        "crm_links": "",
        "file_count": 2,
        "edited_at": None,
        "by_delegate": None,  # the export has no such column
    }


@pytest.mark.parametrize("spelled", ["2026/03/02 10:00:00 +0100", "2026-03-02 09:00:00 UTC"])
def test_times_as_ruby_writes_them_are_read(tmp_path: Path, spelled: str) -> None:
    assert one(tmp_path, created_at=spelled)["sent_at"] == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_an_id_of_0_is_none(tmp_path: Path) -> None:
    ids = ("sender_id", "thread_id", "replied_to_id", "group_id", "delegate_id")
    row = one(tmp_path, **dict.fromkeys(ids, "0"))
    told = (row["account_id"], row["parent_id"], row["space_id"], row["by_delegate"])
    assert told == (None, None, "all_company", False)


@pytest.mark.parametrize(
    ("fields", "parent"),
    [({}, None), ({"thread_id": ""}, None), ({"thread_id": "", "replied_to_id": 4}, "4"), ({"thread_id": 4}, "4")],
)
def test_the_parent_is_the_root_of_the_thread(tmp_path: Path, fields: dict[str, Any], parent: str | None) -> None:
    assert one(tmp_path, **fields)["parent_id"] == parent


@pytest.mark.parametrize(
    ("fields", "column"),
    [
        ({"sender_type": "bot"}, "is_bot"),
        ({"message_type": "system"}, "is_system"),
        ({"sender_type": "system"}, "is_system"),
        ({"message_type": "announcement"}, "is_broadcast"),
        ({"message_type": "question"}, "is_question"),
        ({"deleted_at": AT}, "is_deleted"),
    ],
)
def test_what_the_types_of_a_message_say(tmp_path: Path, fields: dict[str, Any], column: str) -> None:
    row = one(tmp_path, **fields)
    assert [name for name, value in row.items() if value is True] == [column]


def test_what_a_delegate_wrote_is_marked_and_the_delegate_is_not_kept(tmp_path: Path) -> None:
    written = [message(1, delegate_id="62"), message(2, delegate_id=""), message(3, delegate_id="61")]
    found = export(tmp_path, Messages=written)
    assert [row["by_delegate"] for row in found["messages"]] == [True, False, False]
    assert {row["account_id"] for table in found.rows.values() for row in table if "account_id" in row} == {"61"}


def test_an_html_body_serves_where_there_is_no_other(tmp_path: Path) -> None:
    assert one(tmp_path, body="", html_body="<p>ready <b>n</b>ow</p>")["fingerprint"] == "ready now"


def test_ids_beyond_32_bits_stay_as_they_are(tmp_path: Path) -> None:
    assert one(tmp_path, id="1234567890123456789")["message_id"] == "1234567890123456789"


# --- spaces and accounts ------------------------------------------------------------------------------------------


def test_spaces_of_messages(tmp_path: Path) -> None:
    private = {"group_id": "", "in_private_conversation": "true"}
    found = export(
        tmp_path,
        Messages=[
            message(1),
            message(2, group_id="72", group_name="Keels", in_private_group="true"),
            message(3, group_id=""),
            message(4, **private, conversation_id="81", participants="user:61,user:62"),
            message(5, **private, conversation_id="82", participants="user:61,user:62, user:63"),
            message(6, **private, conversation_id="82", participants=""),
        ],
    )
    assert [(row["space_id"], row["name"], row["kind"]) for row in found["spaces"]] == [
        ("71", "Hulls", "public"),
        ("72", "Keels", "private"),
        ("all_company", "All Company", "public"),
        ("conversation_81", None, "dm"),
        ("conversation_82", None, "group_dm"),
    ]


def test_a_list_tells_more_than_messages_in_any_order(tmp_path: Path) -> None:
    listed = {"id": "61", "email": "b@firm.example", "state": "active", "joined_at": AT}
    group = {"id": "71", "name": "Hulls", "private": "true", "deleted": "true", "created_at": AT}
    for parts in (
        {"Messages": [message()], "Users": [listed], "Groups": [group]},
        {"Users": [listed], "Groups": [group], "Messages": [message()]},
    ):
        found = export(tmp_path, **parts)
        assert [(row["account_id"], row["email"], row["is_deleted"]) for row in found["accounts"]] == [
            ("61", "b@firm.example", False)
        ]
        assert [(row["kind"], row["is_archived"]) for row in found["spaces"]] == [("private", True)]


def test_an_author_who_is_not_listed_has_the_address_of_the_message(tmp_path: Path) -> None:
    found = export(tmp_path, Messages=[message(1), message(2, sender_email="")], Users=[{"id": "62", "email": ""}])
    assert [(row["account_id"], row["email"]) for row in found["accounts"]] == [("62", None), ("61", "a@firm.example")]


@pytest.mark.parametrize(
    ("fields", "is_deleted"),
    [
        ({"state": "active"}, False),
        ({"state": "soft_delete"}, True),
        ({"suspended_at": AT}, True),
        ({"deleted_at": AT}, True),
    ],
)
def test_accounts_that_are_gone(tmp_path: Path, fields: dict[str, Any], is_deleted: bool) -> None:
    row = export(tmp_path, Users=[{"id": "61", "email": "a@firm.example", **fields}])["accounts"][0]
    assert row["is_deleted"] == is_deleted


# --- the archive --------------------------------------------------------------------------------------------------


def test_networks_in_folders_and_numbered_parts_are_read_and_the_rest_is_told(tmp_path: Path) -> None:
    members = {
        "Messages.csv": sheet(message(1)),
        "Partner net/messages_2.csv": sheet(message(2)),
        "Users.csv": b"",
        "Files/plan.docx": b"x",
        "MessageVersions.csv": sheet({"id": 1}),
    }
    found = parsed(SOURCE, zipped(tmp_path / "export.zip", members))
    assert [row["message_id"] for row in found["messages"]] == ["1", "2"]
    assert [note.reason for note in found.ignored] == [
        "is empty",
        "2 files that are not read (files, versions, topics, pages, logs)",
    ]
    assert all("Partner" not in note.place for note in found.ignored)


def test_a_message_twice_in_one_export_counts_once(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.zip", {"Messages.csv": sheet(message(1), message(2), message(1))})
    file = LandingFile(SOURCE.name, "viva_engage/export.zip", path, "0" * 64, path.stat().st_size, SEEN_AT)
    landed = land(tmp_path / "lake", SOURCE, file, Pseudonymiser(b"k" * 32))
    assert landed.rows_duplicate == 1
    assert landed.rows_in == landed.rows_loaded + landed.rows_rejected + landed.rows_duplicate


def test_rows_without_id_or_time_are_rejected(tmp_path: Path) -> None:
    found = export(
        tmp_path,
        Messages=[
            message(1),
            message(2, created_at=""),
            message(""),
            message(4, created_at="later"),
            message(5),
            message(6),
        ],
    )
    assert [(row.place, row.reason) for row in found.rejected] == [
        ("viva_engage/export.zip » Messages.csv row 3", "created_at is empty"),
        ("viva_engage/export.zip » Messages.csv row 4", "id is empty"),
        ("viva_engage/export.zip » Messages.csv row 5", "created_at cannot be read as date-time"),
    ]
    assert len(found["messages"]) == 3


def test_a_part_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    members = {"Messages.csv": b'id,created_at\n1,"2026', "Users.csv": sheet({"id": "61", "email": "a@firm.example"})}
    found = parsed(SOURCE, zipped(tmp_path / "export.zip", members))
    assert [(part.place, part.reason) for part in found.damaged] == [
        ("viva_engage/export.zip » Messages.csv", "ends inside a quoted cell")
    ]
    assert len(found["accounts"]) == 1


@pytest.mark.parametrize(
    ("part", "left", "missing"),
    [
        ("Messages", {"id": 1, "created_at": AT}, "sender_id"),
        ("Users", {"id": 1}, "email"),
        ("Groups", {"id": 1}, "name"),
    ],
)
def test_a_part_without_what_it_is_read_for_is_told(tmp_path: Path, part: str, left: Any, missing: str) -> None:
    found = export(tmp_path, **{part: [left]})
    assert (found.rows, [one.reason for one in found.damaged]) == ({}, [f"column {missing} is missing"])


def test_refusals(tmp_path: Path) -> None:
    for members, sentence in [
        ({"channels.json": b"[]"}, "holds none of Messages.csv"),
        ({"Messages.csv": sheet(message(1, created_at="03/02/2026 10:00"))}, "may mean 2026-02-03 or 2026-03-02"),
    ]:
        assert sentence in refusal(SOURCE, zipped(tmp_path / "export.zip", members))
