"""Teams messages: the shapes in which Graph's JSON goes around, what is kept of it, and what is refused."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures import golden
from tests.fixtures.parsed import SEEN_AT, Outcome, parsed, refusal, written, zipped
from throughline.lake import land
from throughline.landing import LandingFile
from throughline.privacy import Pseudonymiser
from throughline.reading import json_stream, rows
from throughline.source import Batch, Columns
from throughline.sources.teams import SOURCE

SPACE = "19:hulls@thread.tacv2"
ADA, BO = "00000000-0000-4000-8000-0000000000a1", "00000000-0000-4000-8000-0000000000b1"


def message(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A message as Graph gives it."""
    return {
        "id": str(number),
        "messageType": "message",
        "createdDateTime": "2026-03-02T09:00:00Z",
        "from": {"user": {"id": ADA, "displayName": "Ada"}},
        "body": {"contentType": "html", "content": "<p>ready</p>"},
        "channelIdentity": {"channelId": SPACE},
        **fields,
    }


def pascal(value: Any) -> Any:
    """The same with names as .NET writes them."""
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: pascal(one) for name, one in value.items()}
    return [pascal(one) for one in value] if isinstance(value, list) else value


def teams(folder: Path, content: Any, name: str = "messages.json") -> Outcome:
    return parsed(SOURCE, written(folder / name, content if isinstance(content, str | bytes) else json.dumps(content)))


def body(folder: Path, content: str, kind: str = "html") -> dict[str, Any]:
    return teams(folder, [message(body={"contentType": kind, "content": content})])["messages"][0]


# --- what is kept ------------------------------------------------------------------------------------------------


def kept(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Table -> rows as the lake writes them, of the golden export zipped."""
    return golden.kept(SOURCE, [golden.landing_file(SOURCE, zipped(folder / "export.zip", golden.original("teams")))])


@pytest.mark.parametrize("table", [table.name for table in SOURCE.tables])
def test_exactly_this_is_kept(tmp_path: Path, table: str) -> None:
    assert kept(tmp_path)[table] == golden.expected("teams", table)


def test_no_name_text_address_or_account_is_kept(tmp_path: Path) -> None:
    text = json.dumps(kept(tmp_path)).lower()
    for personal in ("greta", "anil", "tove", "@firm", "@partner", "555", "docx", "the deal", "workshop", "mill lane"):
        assert personal not in text
    assert "00000000-0000-4000" not in text


# --- the shapes of the JSON --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "write",
    [
        json.dumps,
        lambda list_: json.dumps(list_, indent=2),
        lambda list_: "\n".join(map(json.dumps, list_)),
        lambda list_: json.dumps({"@odata.context": "x", "@odata.count": 2, "value": list_, "@odata.nextLink": "y"}),
        lambda list_: json.dumps({"note": 1, "value": list_}),
        lambda list_: "\r\n".join(json.dumps({"value": [one]}) for one in list_),
        lambda list_: json.dumps([{"value": list_[:1]}, {"value": list_[1:]}, {"value": []}]),
        lambda list_: json.dumps(pascal(list_)),
        lambda list_: json.dumps({"Value": pascal(list_)}),
        lambda list_: json.dumps([{**list_[0], "replies": list_[1:]}]),
        lambda list_: "\ufeff" + json.dumps(list_),
        lambda list_: json.dumps(list_).encode("utf-16"),
    ],
    ids=[
        *("list", "indented", "lines", "page", "late-value", "lines-of-pages", "list-of-pages"),
        *("pascal", "pascal-page", "nested", "bom", "utf-16"),
    ],
)
def test_all_shapes_give_the_same_rows(tmp_path: Path, write: Any) -> None:
    pair = [message(1), message(2, replyToId="1", body={"contentType": "text", "content": "größer 😮"})]
    first, second = teams(tmp_path, write(pair))["messages"]
    assert (first["message_id"], first["parent_id"]) == (f"{SPACE}/1", None)
    assert (second["message_id"], second["parent_id"]) == (f"{SPACE}/2", f"{SPACE}/1")
    assert (second["fingerprint"], second["text_length"]) == ("größer 😮", 8)


def test_records_longer_than_a_piece_and_signs_on_the_seam_are_read_whole(tmp_path: Path) -> None:
    long = message(1, body={"contentType": "text", "content": "ö" * 1_500_000})
    found = teams(tmp_path, json.dumps([long, message(2)], ensure_ascii=False))
    assert [row["text_length"] for row in found["messages"]] == [1_500_000, 5]


def test_a_reply_below_its_root_need_not_name_it(tmp_path: Path) -> None:
    found = teams(tmp_path, [message(1, replies=[message(2), {"id": "3"}])])
    assert [row["parent_id"] for row in found["messages"]] == [None, f"{SPACE}/1"]
    assert [row.place for row in found.rejected] == ["teams/messages.json, record 1, reply 2"]


def test_half_a_surrogate_pair_does_not_stop_the_file(tmp_path: Path) -> None:
    text = json.dumps([message(1, body={"contentType": "text", "content": "cut"})]).replace("cut", "cut \\ud83d")
    assert teams(tmp_path, text)["messages"][0]["fingerprint"] == "cut ?"


# --- messages ----------------------------------------------------------------------------------------------------


def test_every_column_of_a_message(tmp_path: Path) -> None:
    found = teams(
        tmp_path,
        [
            message(
                7,
                replyToId="6",
                lastEditedDateTime="2026-03-02T09:10:00.1234567Z",
                body={"contentType": "html", "content": "<div>Who&#39;s <i>r</i>eady? #handover</div>"},
                attachments=[{"contentType": "reference"}, {"contentType": "application/vnd.card"}],
                mentions=[
                    {"mentioned": {"user": {"id": BO}}},
                    {"mentioned": {"user": {"id": BO}}},
                    {"mentioned": {"user": {"id": ADA}}},
                ],
                reactions=[
                    {"reactionType": "😮", "createdDateTime": "2026-03-02T09:02:00Z", "user": {"user": {"id": BO}}},
                    {"reactionType": "like", "createdDateTime": "soon", "user": {"user": {"id": BO}}},
                    {"reactionType": "like", "user": {"application": {"id": "app"}}},
                ],
            )
        ],
    )
    sent_at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert found["messages"] == [
        {
            "message_id": f"{SPACE}/7",
            "space_id": SPACE,
            "sent_at": sent_at,
            "account_id": ADA,
            "parent_id": f"{SPACE}/6",
            "is_bot": False,
            "is_system": False,
            "is_deleted": False,
            "text_length": len("Who's ready? #handover"),
            "is_question": True,
            "mention_count": 1,
            "is_broadcast": False,
            "fingerprint": "who's ready? #handover",
            "tags": "handover",
            "crm_links": "",
            "file_count": 1,
            "edited_at": datetime(2026, 3, 2, 9, 10, 0, 123456, tzinfo=UTC),
            "by_delegate": None,
        }
    ]
    assert found["mentions"] == [{"message_id": f"{SPACE}/7", "account_id": BO, "space_id": SPACE, "sent_at": sent_at}]
    assert [(row["emoji"], row["account_id"], row["reacted_at"]) for row in found["reactions"]] == [
        ("😮", BO, datetime(2026, 3, 2, 9, 2, tzinfo=UTC)),
        ("like", BO, None),
    ]


def test_system_events_bots_and_deleted_messages(tmp_path: Path) -> None:
    found = teams(
        tmp_path,
        [
            message(1, messageType="systemEventMessage", **{"from": None}),
            message(2, messageType="unknownFutureValue", **{"from": None}),
            message(3, **{"from": {"user": None, "application": {"id": "app"}}}),
            message(4, deletedDateTime="2026-03-02T10:00:00Z", body={"contentType": "html", "content": ""}),
        ],
    )["messages"]
    assert [row["is_system"] for row in found] == [True, True, False, False]
    assert [row["is_bot"] for row in found] == [False, False, True, False]
    assert [row["is_deleted"] for row in found] == [False, False, False, True]
    assert [row["account_id"] for row in found] == [None, None, "app", ADA]
    assert found[3]["fingerprint"] is None


@pytest.mark.parametrize("mentioned", [{"conversation": {"id": SPACE}}, {"tag": {"id": "t"}}])
def test_a_mention_of_a_channel_team_or_tag_is_a_broadcast(tmp_path: Path, mentioned: dict[str, Any]) -> None:
    found = teams(tmp_path, [message(mentions=[{"mentioned": mentioned}])])["messages"][0]
    assert (found["is_broadcast"], found["mention_count"]) == (True, 0)


def test_names_of_mentioned_people_are_no_text(tmp_path: Path) -> None:
    assert body(tmp_path, '<p><at id="0">Ada Who?</at> fine</p>')["fingerprint"] == "fine"


def test_an_emoji_is_the_sign_that_a_reader_sees(tmp_path: Path) -> None:
    sign = '<emoji id="yes" alt="👍" title="Thumbs up"></emoji>'
    assert body(tmp_path, f"<p>fine{sign}</p>")["fingerprint"] == "fine👍"
    assert body(tmp_path, sign)["text_length"] == 1


def test_a_question_mark_in_an_address_asks_nothing(tmp_path: Path) -> None:
    address = "https://wiki.example/?page=1&amp;x=2"
    assert not body(tmp_path, f'<a href="{address}">{address}</a>')["is_question"]
    assert not body(tmp_path, address, "text")["is_question"]
    assert body(tmp_path, f'<a href="{address}">{address}</a> ok?')["is_question"]


def test_crm_links_are_found_in_targets_and_in_text(tmp_path: Path) -> None:
    link = "https://crm.example/lightning/r/Opportunity/006000000000001AAA/view"
    assert body(tmp_path, f"<p><a title='x' href='{link}'>our deal</a></p>")["crm_links"] == "006000000000001AAA"
    assert body(tmp_path, link, "text")["crm_links"] == "006000000000001AAA"


@pytest.mark.parametrize(
    "hostile", ["<" * 200_000, "<at id=1>" * 30_000, '<a href="' * 30_000, "<a " * 50_000, "<emoji " * 50_000]
)
def test_broken_html_takes_no_time(tmp_path: Path, hostile: str) -> None:
    before = datetime.now(UTC)
    body(tmp_path, hostile)
    assert (datetime.now(UTC) - before).total_seconds() < 3


def test_the_id_of_a_chat_of_two_holds_accounts_and_is_not_kept(tmp_path: Path) -> None:
    pair = f"19:{ADA}_{BO}@unq.gbl.spaces"
    found = teams(
        tmp_path,
        [
            message(1, channelIdentity=None, chatId=pair),
            message(2, channelIdentity=None, chatId="19:0a@thread.v2", replyToId=None),
        ],
    )
    assert [(row["kind"], row["name"]) for row in found["spaces"]] == [("dm", None), ("group_dm", None)]
    assert found["spaces"][0]["space_id"].startswith("dm_")
    assert ADA not in found["messages"][0]["message_id"] + found["messages"][0]["space_id"]
    assert found["messages"][1]["space_id"] == "19:0a@thread.v2"


# --- lists of channels, teams and users ---------------------------------------------------------------------------


def member(records: Any) -> bytes:
    return json.dumps(records).encode()


def test_a_zip_joins_channels_with_their_team_and_adds_what_no_list_names(tmp_path: Path) -> None:
    group = "00000000-0000-4000-8000-0000000000aa"
    channel = {"membershipType": "standard", "webUrl": f"https://t.example/?groupId={group}", "displayName": "Hulls"}
    found = parsed(
        SOURCE,
        zipped(
            tmp_path / "a.zip",
            {
                "teams/m.json": member([message(1), message(2, channelIdentity={"channelId": "19:other"})]),
                "teams/c.json": member(
                    [{"Id": SPACE, **pascal(channel)}, {**channel, "id": "19:p", "membershipType": "private"}]
                ),
                "teams/settings.json": member([{"Id": group, "DisplayName": "Sailing", "Visibility": "public"}]),
                "teams/list.json": member([{"GroupsId": group, "Name": "Sailing", "Privacy": "Public"}]),
                "users/list.json": member([{"Id": BO, "UserPrincipalName": "b@firm.example", "Mail": None}]),
                "users/empty.json": b"",
                "readme.txt": b"x",
            },
        ),
    )
    assert [(row["space_id"], row["name"], row["kind"]) for row in found["spaces"]] == [
        (SPACE, "Sailing/Hulls", "public"),
        ("19:p", "Sailing/Hulls", "private"),
        ("19:other", None, "unlisted"),
    ]
    assert [(row["account_id"], row["email"]) for row in found["accounts"]] == [(BO, "b@firm.example"), (ADA, None)]
    assert {note.reason for note in found.ignored} == {"is empty", "1 files that are no JSON"}
    assert all(BO not in note.place for note in found.ignored)


def test_a_chat_in_the_files_of_both_counts_once(tmp_path: Path) -> None:
    chat = member([message(1, channelIdentity=None, chatId="19:0a@thread.v2"), message(2)])
    path = zipped(tmp_path / "a.zip", {"users/a/messages_a.json": chat, "users/b/messages_b.json": chat})
    file = LandingFile("teams", "teams/a.zip", path, "0" * 64, path.stat().st_size, SEEN_AT)
    landed = land(tmp_path / "lake", SOURCE, file, Pseudonymiser(b"k" * 32))
    assert (landed.rows_in, landed.rows_duplicate, landed.rows_loaded) == (5, 2, 3)  # and one row of the chat


def test_messages_alone_do_not_hide_what_a_list_says(tmp_path: Path) -> None:
    assert set(teams(tmp_path, [message()]).rows) == {"messages"}


@pytest.mark.parametrize(
    ("fields", "email", "is_deleted", "is_guest"),
    [
        ({"mail": "a@x.example", "userPrincipalName": "p@x.example"}, "a@x.example", None, None),
        (
            {"userPrincipalName": "jo_ann_y.example#EXT#@x.onmicrosoft.com", "userType": "Guest"},
            "jo_ann@y.example",
            None,
            True,
        ),
        ({"userPrincipalName": "no address", "accountEnabled": False, "userType": "Member"}, None, True, False),
    ],
)
def test_accounts(tmp_path: Path, fields: dict[str, Any], email: str, is_deleted: bool, is_guest: bool) -> None:
    row = teams(tmp_path, {"value": [{"id": ADA, **fields}]})["accounts"][0]
    assert (row["email"], row["is_deleted"], row["is_guest"]) == (email, is_deleted, is_guest)


# --- what is refused, rejected, ignored ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": 5}, "Expected `str`, got `int` - at `$.id`"),
        ({"createdDateTime": "03/02/2026 09:00:00"}, "createdDateTime is not an ISO date-time"),
        ({"createdDateTime": "2026-03-02"}, "createdDateTime is not an ISO date-time"),
        ({"channelIdentity": None}, "it names neither its channel (channelIdentity) nor its chat (chatId)"),
    ],
)
def test_a_message_that_cannot_be_read_is_rejected_whole(tmp_path: Path, fields: dict[str, Any], reason: str) -> None:
    bad = message(2, mentions=[{"mentioned": {"user": {"id": BO}}}]) | fields
    found = teams(tmp_path, [message(1), bad])
    assert (len(found["messages"]), len(found["mentions"])) == (1, 0)
    assert found.rejected[0].place == "teams/messages.json, record 2"
    assert reason in found.rejected[0].reason


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lastEditedDateTime", "Secret"),
        ("lastEditedDateTime", 5),
        ("reactions", [{"user": None}]),
        ("mentions", [None]),
        ("attachments", [None]),
    ],
)
def test_a_message_is_kept_without_a_field_that_cannot_be_read(tmp_path: Path, field: str, value: Any) -> None:
    found = teams(tmp_path, [message(1), message(2, **{field: value})])
    assert (len(found["messages"]), found.rejected) == (2, [])
    (told,) = (one for one in found.ignored if field in one.place)
    assert told.reason == "it cannot be read in 1 messages, which are kept without it"


def test_a_reply_that_is_none_leaves_its_root_and_the_others(tmp_path: Path) -> None:
    found = teams(tmp_path, [message(1, replies=[None, message(2)])])
    assert [row["message_id"] for row in found["messages"]] == [f"{SPACE}/1", f"{SPACE}/2"]
    assert [part.place for part in found.rejected] == ["teams/messages.json, record 1, reply 1"]


def test_what_is_no_teams_export_is_refused(tmp_path: Path) -> None:
    for name, content, sentence in [
        ("a.json", "[]x", "is not JSON"),
        ("b.json", "", "is empty"),
        ("c.json", '[{"title": "x"}, 3]', "holds no messages"),
        ("d.json", b"\xff[]", "is not UTF-8"),
        ("e.json", json.dumps([message()])[:-1], "cut off, after record 1"),
        ("f.json", json.dumps([message()])[:-9], "cut off, after record 0"),
        ("g.json", "[" * 100_000, "is not JSON"),
        ("h.json", json.dumps({"@odata.context": "x", "value": [message()]})[:-1], "cut off"),
    ]:
        assert sentence in refusal(SOURCE, written(tmp_path / name, content))


def test_an_empty_page_is_no_error(tmp_path: Path) -> None:
    assert [note.reason for note in teams(tmp_path, '{"value": []}').ignored] == ["holds no records"]


def test_replies_that_lie_on_another_page_are_told(tmp_path: Path) -> None:
    found = teams(tmp_path, [message(1), message(2, replies=[message(3)], **{"replies@odata.nextLink": "x"})])
    assert [note.reason for note in found.ignored] == [
        "1 records that are roots with more replies than are here (replies@odata.nextLink): export those as well"
    ]


def test_a_record_beyond_all_bounds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MAX_RECORD_CHARS", 2 << 20)
    path = written(tmp_path / "a.json", json.dumps([message(1), message(2, extra="x" * (4 << 20))]))
    assert "record 2 is no JSON, or longer than 2 million characters" in refusal(SOURCE, path)


def test_a_message_is_known_without_its_type_by_author_and_conversation(tmp_path: Path) -> None:
    bare = {name: value for name, value in message().items() if name != "messageType"}
    assert len(teams(tmp_path, [bare])["messages"]) == 1


def test_custom_reactions_of_one_person_are_told_apart(tmp_path: Path) -> None:
    who = {"user": {"id": ADA}}
    reactions = [{"reactionType": "custom", "displayName": name, "user": who} for name in ("hull", "sail", None)]
    found = teams(tmp_path, [message(reactions=reactions)])
    assert [row["emoji"] for row in found["reactions"]] == ["hull", "sail", "custom"]


def test_other_records_are_counted(tmp_path: Path) -> None:
    meeting = {"id": "1", "createdDateTime": "2026-03-02T09:00:00Z", "body": {}, "attendees": []}
    found = teams(tmp_path, [message(), meeting, meeting])
    assert [note.reason for note in found.ignored] == ["2 records that are not used (members, apps, meetings, chats)"]


def test_a_damaged_part_of_a_zip_is_told(tmp_path: Path) -> None:
    found = parsed(SOURCE, zipped(tmp_path / "a.zip", {"a.json": member([message()]), "b.json": b"[{"}))
    assert len(found["messages"]) == 1
    assert [part.place for part in found.damaged] == ["teams/a.zip » JSON file 2"]
    found = parsed(SOURCE, zipped(tmp_path / "a.zip", {"b.json": b"[{"}))  # where nothing else is there, too
    assert [part.place for part in found.damaged] == ["teams/a.zip » JSON file 1"]


@pytest.mark.parametrize(("before", "after"), [("[", "]"), ('{"@odata.count": 9, "value": [', "]}")])
def test_memory_stays_flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str) -> None:
    monkeypatch.setattr(rows, "BATCH_ROWS", 500)

    def peak(count: int) -> int:
        path = tmp_path / f"{count}.json"
        with path.open("w") as stream:
            stream.write(before)
            for number in range(count):
                stream.write(json.dumps(message(number, extra="x" * 2000)) + ("," if number < count - 1 else after))
        tracemalloc.start()
        loaded = 0
        for part in SOURCE.parse(LandingFile("teams", "teams/a.json", path, "0" * 64, 1, SEEN_AT)):
            if isinstance(part, Columns):
                continue
            assert isinstance(part, Batch)
            loaded += part.records.num_rows
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert loaded == count
        return top

    assert peak(5000) < 1.2 * peak(2500)
