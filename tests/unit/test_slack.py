"""The Slack source on exports written here: every quirk of the format, and what is kept of an export."""

from __future__ import annotations

import json
import tracemalloc
import unicodedata
import zipfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.fixtures.slack import (
    TEAM,
    as_json,
    channel,
    generated,
    golden,
    members,
    message,
    ts,
    user,
    write_zip,
)
from throughline.landing import LandingFile
from throughline.privacy import Pseudonymiser
from throughline.reading import rows as rows_of
from throughline.source import Batch, Columns, Damaged, Ignored, Parsed, Refused, Rejected
from throughline.sources import slack

KEPT = Path(__file__).parents[1] / "fixtures" / "slack" / "kept"
SEEN_AT = datetime(2026, 7, 6, 8, 0, tzinfo=UTC)


def parse(path: Path) -> list[Parsed]:
    """Everything the parser yields for one ZIP."""
    return list(slack.parse(LandingFile("slack", "slack/export.zip", path, "0" * 64, path.stat().st_size, SEEN_AT)))


def tables(parsed: list[Parsed]) -> dict[str, list[dict[str, Any]]]:
    """table -> rows."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for part in parsed:
        if isinstance(part, Batch):
            rows[part.table] += part.records.to_pylist()
    return rows


def export(tmp_path: Path, days: dict[str, Any], **tops: Any) -> list[Parsed]:
    return parse(write_zip(tmp_path / "export.zip", members(days, **tops)))


def rows(tmp_path: Path, days: dict[str, Any], **tops: Any) -> dict[str, list[dict[str, Any]]]:
    return tables(export(tmp_path, days, **tops))


def findings(parsed: list[Parsed]) -> list[Parsed]:
    return [part for part in parsed if not isinstance(part, (Batch, Columns))]


# --- what is kept of an export -----------------------------------------------------------------------------------


def kept(path: Path) -> dict[str, list[dict[str, Any]]]:
    """table -> rows as the lake would write them, times as text."""
    people = Pseudonymiser(b"k" * 32)
    found = [
        Batch(part.table, people.batch(part.records, slack.SOURCE.table(part.table).people))
        for part in parse(path)
        if isinstance(part, Batch)
    ]
    return {
        table: [json.loads(json.dumps(row, default=lambda at: at.isoformat())) for row in rows]
        for table, rows in tables(list(found)).items()
    }


@pytest.mark.parametrize("table", [table.name for table in slack.SOURCE.tables])
def test_of_the_golden_export_exactly_this_is_kept(tmp_path: Path, table: str) -> None:
    assert kept(golden(tmp_path / "export.zip"))[table] == json.loads((KEPT / f"{table}.json").read_text())


def test_no_name_text_address_or_token_is_kept(tmp_path: Path) -> None:
    text = json.dumps(kept(golden(tmp_path / "export.zip"))).lower()
    for secret in (
        "original",
        "secret",
        "example.com",
        "xoxe",
        "foreign",
        "bridged",
        "help <",
        "+49",
        "u0000000",
        "b0000",
    ):
        assert secret not in text, secret


def test_batches_have_the_declared_schema_and_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_of, "BATCH_ROWS", 7)
    batches = [part for part in parse(generated(tmp_path / "export.zip", 50, a_day=20)) if isinstance(part, Batch)]
    sizes = [batch.records.num_rows for batch in batches if batch.table == "messages"]
    assert sizes == [7, 7, 7, 7, 7, 7, 7, 1]  # 50 messages
    assert all(batch.records.num_rows <= 7 for batch in batches)
    assert {batch.table for batch in batches} == slack.SOURCE.names
    for batch in batches:
        batch.records.validate(full=True)
        assert batch.records.schema.equals(slack.SOURCE.table(batch.table).schema)


def test_a_second_reading_gives_the_same(tmp_path: Path) -> None:
    path = golden(tmp_path / "export.zip")
    assert parse(path) == parse(path)


@pytest.mark.parametrize("helpers", [0, 1, 2])
def test_helping_processes_change_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, helpers: int) -> None:
    """In parts of one day file each, with damage, rejects and strangers among them."""
    days = {f"general/2023-11-{day:02}.json": [message(day, author=f"U{day % 5:08}")] for day in range(1, 20)}
    broken = {"general/2023-12-01.json": b"[{", "general/2023-12-02.json": [message(type="other"), message(40)]}
    path = write_zip(tmp_path / "export.zip", members({**days, **broken}))
    expected = parse(path)
    monkeypatch.setattr(slack, "PART_BYTES", 1)
    monkeypatch.setattr(slack, "_helpers", lambda export: helpers)
    assert parse(path) == expected
    assert len(expected) == 8, "a damaged day, a rejected record; messages, channels and users with their fields"


def test_memory_does_not_grow_with_the_number_of_day_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_of, "BATCH_ROWS", 1_000)  # so that each table fills batches in both exports
    monkeypatch.setattr(slack, "PART_BYTES", 1 << 20)
    # how many results wait for a helper (8 at most) depends on the machine's load, not on the number of files
    monkeypatch.setattr(slack, "_helpers", lambda export: 0)
    parse_and_drop(generated(tmp_path / "warm.zip", 5_000))  # caches and code are loaded once
    peaks = {}
    for messages in (10_000, 50_000):
        path = generated(tmp_path / f"{messages}.zip", messages)
        arrow = pa.total_allocated_bytes()
        tracemalloc.start()
        taken = parse_and_drop(path)
        peaks[messages] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert taken == messages
        assert pa.total_allocated_bytes() <= arrow
    # 100 and 500 day files: only the archive's directory may grow, by less than 2 KB an entry (a day file has 140 KB)
    assert peaks[50_000] - peaks[10_000] < 400 * 2_000, peaks


def parse_and_drop(path: Path) -> int:
    """Number of messages, nothing kept."""
    file = LandingFile("slack", "slack/export.zip", path, "0" * 64, path.stat().st_size, SEEN_AT)
    parts = (part for part in slack.parse(file) if isinstance(part, Batch))
    return sum(part.records.num_rows for part in parts if part.table == "messages")


# --- layouts -----------------------------------------------------------------------------------------------------

DAY = {"general/2023-11-14.json": [message()]}


@pytest.mark.parametrize("wrapper", ["", "My export Jan 2024/", "a/b/", "a\\"])
def test_folders_put_around_the_export_are_seen_through(tmp_path: Path, wrapper: str) -> None:
    inside = {wrapper + name: content for name, content in members(DAY).items()}
    dropped = {"__MACOSX/._channels.json": b"\0", f"{wrapper}.DS_Store": b"\0", f"{wrapper}general/.DS_Store": b"\0"}
    parsed = parse(write_zip(tmp_path / "export.zip", inside | dropped))
    assert [row["channel_id"] for row in tables(parsed)["messages"]] == ["C00000001"]
    assert findings(parsed) == []


def test_names_in_utf8_without_the_flag_and_in_decomposed_form(tmp_path: Path) -> None:
    class Unflagged(zipfile.ZipInfo):
        def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802  # zipfile's own name
            return self.filename.encode(), self.flag_bits

    path = tmp_path / "export.zip"
    lists = {"channels": [channel(1, "チャネル"), channel(2, "グループ")]}
    with zipfile.ZipFile(write_zip(path, members({}, **lists)), "a") as archive:
        archive.writestr(Unflagged("チャネル/2023-11-14.json"), as_json([message()]))
        decomposed = unicodedata.normalize("NFD", "グループ")  # グ in two characters, as macOS zips it
        archive.writestr(f"{decomposed}/2023-11-14.json", as_json([message()]))
    parsed = parse(path)
    assert [row["channel_id"] for row in tables(parsed)["messages"]] == ["C00000001", "C00000002"]
    assert [row["name"] for row in tables(parsed)["channels"]] == ["チャネル", "グループ"]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([".users.json", "C00000001/1.json", "C00000001/1/1700000000.000001.json"], "community log"),
        (["channels/general/2023-11-14.txt", "dms/someone/2023-11-14.txt"], "single person as text"),
        (["Account.csv", "users.json"], "not a Slack workspace export"),
        ([], "not a Slack workspace export"),
        (["a/channels.json", "b/channels.json", "a/x/2023-11-14.json"], "2 exports side by side"),
        (["a/x/2023-11-14.json", "b/x/2023-11-14.json"], "2 exports side by side"),
    ],
)
def test_other_layouts_are_refused_with_a_sentence_and_a_remedy(
    tmp_path: Path, names: list[str], sentence: str
) -> None:
    path = write_zip(tmp_path / "export.zip", dict.fromkeys(names, b"[]"))
    with pytest.raises(Refused, match=sentence) as refused:
        parse(path)
    assert refused.value.where == "slack/export.zip"
    assert refused.value.remedy


def test_a_channel_called_teams_is_no_grid_export(tmp_path: Path) -> None:
    found = rows(tmp_path, {"teams/2023-11-14.json": [message()]}, channels=[channel(1, "teams")])
    assert len(found["messages"]) == 1


def test_what_is_not_a_day_file_is_reported_once_and_not_counted(tmp_path: Path) -> None:
    others = {
        "general/canvas_in_the_conversation.json": [{"id": "F1"}],
        "general/2023-11-14 (1).json": [message(5)],
        "general/attachments/2023-11-14.json": [message(6)],
        "__uploads/F1/plan.pdf": b"%PDF",
    }
    parsed = export(tmp_path, DAY | others, lists=b'[\n""\n]', integration_logs=b'[\n""\n]')
    assert len(tables(parsed)["messages"]) == 1
    assert [(part.place, part.reason[:8]) for part in findings(parsed) if isinstance(part, Ignored)] == [
        ("integration_logs.json", "it holds"),
        ("lists.json", "it holds"),
        ("other files", "4 files "),
    ]


@pytest.mark.parametrize("empty", [b"[]", b"[\n\n]", b'[\n""\n]'])
def test_empty_lists_in_every_spelling_are_empty(tmp_path: Path, empty: bytes) -> None:
    parsed = export(tmp_path, DAY | {"general/2023-11-15.json": empty}, dms=empty, groups=empty)
    assert len(tables(parsed)["messages"]) == 1
    assert findings(parsed) == []


# --- channels ----------------------------------------------------------------------------------------------------


def test_no_message_is_read_twice_where_no_folder_can_be_a_former_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("throughline.reading.slack_archive.Export.former_names")
    days = {f"{folder}/2023-11-14.json": [message()] for folder in ("general", "D00000009", "mpdm-ada--bo-1")}
    assert len(rows(tmp_path, days)["messages"]) == 3


@pytest.mark.parametrize("subtype", ["channel_name", "group_name"])
def test_the_folder_of_a_former_name_is_the_channels_own(tmp_path: Path, subtype: str) -> None:
    """Successive exports unzipped over each other: the newest tells all of the channel again under its new name."""
    told = message(16, subtype=subtype, old_name="チーム", name="general")
    days = {
        f"{unicodedata.normalize('NFD', 'チーム')}/2023-11-14.json": [message(14), message(15)],
        "general/2023-11-14.json": [message(14), message(15), told],
        "other/2023-11-14.json": [message(17, text='a code block: "old_name"', old_name="general")],
    }
    found = rows(tmp_path, days)
    assert [(row["name"], row["kind"]) for row in found["channels"]] == [("general", "public"), ("other", "unlisted")]
    keys = [(row["channel_id"], row["ts"]) for row in found["messages"]]
    other = keys.pop()
    assert sorted(keys) == [("C00000001", ts(at)) for at in (14, 14, 15, 15, 16)]
    assert other[0].startswith("unlisted_")


def test_folders_that_no_list_names_are_kept_under_an_id_of_their_own(tmp_path: Path) -> None:
    days = {
        f"{folder}/2023-11-{day}.json": [message(day)]
        for folder in ("renamed", "D00000009", "C00000009", "mpdm-ada--bo-1")
        for day in (14, 15)
    }
    found = rows(tmp_path, days)
    kinds = {row["channel_id"]: (row["name"], row["kind"]) for row in found["channels"]}
    renamed, group = [key for key in kinds if key.startswith("unlisted_")]
    assert kinds == {
        "C00000001": ("general", "public"),
        renamed: ("renamed", "unlisted"),
        "D00000009": (None, "dm"),
        "C00000009": (None, "unlisted"),
        group: (None, "group_dm"),
    }
    assert [row["channel_id"] for row in found["messages"]] == [
        key for key in (renamed, "D00000009", "C00000009", group) for _ in (14, 15)
    ]
    again = rows(tmp_path, {"renamed/2023-12-01.json": [message(99)]})
    assert again["messages"][0]["channel_id"] == renamed  # the same in the next export


def test_direct_messages_keep_their_id_and_kind_but_no_name(tmp_path: Path) -> None:
    lists = {
        "groups": [channel(2, "board"), channel(3, "mpdm-ada--bo-1")],
        "dms": [{"id": "D00000004", "created": 1, "members": ["U00000001", "U00000001"]}],  # with oneself
        "mpims": [channel(5, "mpdm-ada--cy-1")],
    }
    folders = ("board", "mpdm-ada--bo-1", "D00000004", "mpdm-ada--cy-1")
    found = rows(tmp_path, {f"{folder}/2023-11-14.json": [message()] for folder in folders}, **lists)
    assert [(row["channel_id"], row["name"], row["kind"]) for row in found["channels"][1:]] == [
        ("C00000002", "board", "private"),
        ("C00000003", None, "group_dm"),
        ("D00000004", None, "dm"),
        ("C00000005", None, "group_dm"),
    ]
    assert [row["channel_id"] for row in found["messages"]] == ["C00000002", "C00000003", "D00000004", "C00000005"]


def test_without_channels_json_all_channels_are_unlisted(tmp_path: Path) -> None:
    parsed = parse(write_zip(tmp_path / "export.zip", {"users.json": [user(1)], **DAY}))
    assert [(row["name"], row["kind"]) for row in tables(parsed)["channels"]] == [("general", "unlisted")]
    assert [part.place for part in findings(parsed) if isinstance(part, Ignored)] == ["channels.json"]


# --- accounts ----------------------------------------------------------------------------------------------------


def test_without_users_json_accounts_come_from_the_messages(tmp_path: Path) -> None:
    guest = {"is_restricted": True, "is_ultra_restricted": False}
    day = [
        message(1, author="U1", team="T1", user_profile=guest),
        message(2, author="U2", team="T1", bot_id="B1"),
        message(3, author="U3", team="T2", bot_id="B1"),
        message(4, author="U3", team="T1", reactions=[{"name": "eyes", "users": ["U2", "U4"], "count": 2}]),
        message(5, author="U3", team="T1", bot_id="B1"),
        message(6, author=None, bot_id="B2", subtype="bot_message"),
    ]
    inside = members({"general/2023-11-14.json": day})
    del inside["users.json"]
    parsed = parse(write_zip(tmp_path / "export.zip", inside))
    facts = [(r["team_id"], r["user_id"], r["is_bot"], r["is_guest"], r["email"]) for r in tables(parsed)["users"]]
    assert facts == [
        ("T1", "U1", False, True, None),
        ("T1", "U2", True, None, None),
        ("T1", "U3", False, None, None),  # wrote once without an app
        ("T1", "U4", False, None, None),
    ]
    (missing,) = findings(parsed)
    assert isinstance(missing, Ignored)
    assert (missing.place, "without e-mail" in missing.reason) == ("users.json", True)


@pytest.mark.parametrize(
    ("teams", "message_team", "team_id"),
    [
        (["T1", "T2", "T2"], "T9", "T2"),
        (["T2", "T1"], "T9", "T1"),  # a tie is settled by name, so that each reading settles it alike
        ([None], "T9", "T9"),
        ([None], None, "T_unknown"),
    ],
)
def test_the_team_is_that_of_most_accounts_else_of_the_messages(
    tmp_path: Path, teams: list[str | None], message_team: str | None, team_id: str
) -> None:
    users = [user(number, team_id=team) for number, team in enumerate(teams)]
    days = {"general/2023-11-13.json": b"{", "general/2023-11-14.json": [message(team=message_team)]}
    found = rows(tmp_path, days, users=users)
    assert {row["team_id"] for table in found.values() for row in table} == {team_id}


@pytest.mark.parametrize(
    ("record", "is_bot"),
    [
        ({}, False),
        ({"bot_id": None}, False),
        ({"bot_id": ""}, False),
        ({"bot_id": "B1"}, True),
        ({"subtype": "bot_message"}, True),
        ({"subtype": "me_message"}, False),
        ({"user": "U00000007"}, True),
        ({"user": "U00000008"}, True),
        ({"user": "USLACKBOT"}, True),
        ({"user": "U00000009"}, False),
    ],
)
def test_bots_are_known_by_message_or_account(tmp_path: Path, record: dict[str, Any], is_bot: bool) -> None:
    flagged, by_profile = user(7, is_bot=True), user(8, profile={"bot_id": "B8"})
    del by_profile["is_bot"]  # as in 2016
    day = {"general/2023-11-14.json": [message() | record]}
    assert rows(tmp_path, day, users=[flagged, by_profile])["messages"][0]["is_bot"] is is_bot


def test_flags_that_deleted_accounts_lack_are_unknown(tmp_path: Path) -> None:
    deleted = {"id": "U00000005", "team_id": TEAM, "deleted": True, "profile": None}
    single_channel_guest = user(6, is_restricted=True, is_ultra_restricted=True, updated="1700000000")
    first, second = rows(tmp_path, DAY, users=[deleted, single_channel_guest])["users"][:2]
    assert (first["is_guest"], first["is_deleted"], first["time_zone"], first["email"]) == (None, True, None, None)
    assert (second["is_guest"], second["updated_at"]) == (True, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC))


# --- messages ----------------------------------------------------------------------------------------------------


def test_the_time_of_a_message_is_its_ts_not_its_day_file(tmp_path: Path) -> None:
    late = {"type": "message", "user": "U00000001", "text": "Late", "ts": "1677648600.000100"}
    found = rows(tmp_path, {"general/2023-02-28.json": [late]})
    assert [row["sent_at"] for row in found["messages"]] == [datetime(2023, 3, 1, 5, 30, 0, 100, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1700000000.000001", 1_700_000_000_000_001),
        ("1700000000.1", 1_700_000_000_100_000),
        ("1700000000", 1_700_000_000_000_000),
        ("999999999.000001", 999_999_999_000_001),
        ("17000000000.00001", None),
        ("1700000000.00000x", None),
        ("17000000_0.000001", None),
        ("1700000000.0_0001", None),
        ("-1700000000.00001", None),
        ("", None),
        ("2023-11-14", None),
    ],
)
def test_a_ts_is_seconds_and_a_fraction_or_the_record_is_rejected(
    tmp_path: Path, text: str, micros: int | None
) -> None:
    parsed = export(tmp_path, {"general/2023-11-14.json": [message(1), message() | {"ts": text}]})
    times = [int(row["sent_at"].timestamp() * 1_000_000 + 0.5) for row in tables(parsed)["messages"][1:]]
    if micros is not None:
        assert abs(times[0] - micros) <= 1
        return
    (rejected,) = findings(parsed)
    assert isinstance(rejected, Rejected)
    assert (rejected.table, rejected.place) == ("messages", "general/2023-11-14.json, record 2")
    assert times == []


def test_the_author_of_a_file_comment_is_in_the_comment(tmp_path: Path) -> None:
    comment = message(author=None, subtype="file_comment", comment={"user": "U00000002", "comment": "Fine"})
    assert rows(tmp_path, {"general/2023-11-14.json": [comment]})["messages"][0]["user_id"] == "U00000002"


def test_threads_keep_their_root_even_where_the_root_does_not_know(tmp_path: Path) -> None:
    day = [
        message(1),  # taken before the first reply: no thread_ts
        message(2, thread_ts=ts(1)),
        message(3, thread_ts=ts(1), subtype="thread_broadcast", root=message(1)),
    ]
    found = rows(tmp_path, {"general/2023-11-14.json": day})["messages"]
    assert [(row["ts"], row["thread_ts"]) for row in found] == [(ts(1), None), (ts(2), ts(1)), (ts(3), ts(1))]


@pytest.mark.parametrize(
    ("record", "count"),
    [
        ({}, 0),
        ({"files": None}, 0),
        ({"files": []}, 0),
        ({"files": [{"id": "F1"}, {"mode": "hidden_by_limit"}, None]}, 3),
        ({"subtype": "file_share", "file": {"id": "F1"}}, 1),
        ({"subtype": "file_share", "files": [{}, {}]}, 2),
        ({"subtype": "file_comment", "file": {"id": "F1"}}, 0),
    ],
)
def test_files_are_counted(tmp_path: Path, record: dict[str, Any], count: int) -> None:
    assert rows(tmp_path, {"general/2023-11-14.json": [message() | record]})["messages"][0]["file_count"] == count


def test_mentions_are_other_people_once_a_message(tmp_path: Path) -> None:
    text = "<@U00000001> and <@U00000002|old.name> and <@U00000002> and <@U00000003>"
    found = rows(tmp_path, {"general/2023-11-14.json": [message(text=text)]})
    assert [row["user_id"] for row in found["mentions"]] == ["U00000002", "U00000003"]
    assert found["messages"][0]["mention_count"] == 2


# --- damage ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "at", "reason"),
    [
        (b"", "", "empty"),
        (b" \n", "", "empty"),
        (b'[\n  {"ts": "1",\n   oops}\n]', ", line 3, column 4", "not JSON"),
        (b'[\n{"ts": "1700000000.000001", "text": "cut of', ", line 2, column 37", "not JSON, or cut off"),
        (b'[\n{"text": "caf\xe9"}]', ", line 2", "not UTF-8"),
        ("[]".encode("utf-16"), ", line 1", "not UTF-8"),
        (b'{"messages": []}', "", "not a list"),
        (b"null", "", "not a list"),
        (b"[" * 100_000, "", "nested too deeply"),
    ],
)
def test_a_day_file_that_cannot_be_read_is_damage_and_the_rest_loads(
    tmp_path: Path, content: bytes, at: str, reason: str
) -> None:
    parsed = export(tmp_path, {"general/2023-11-13.json": content, **DAY})
    (damaged,) = findings(parsed)
    assert isinstance(damaged, Damaged)
    assert damaged.place == "general/2023-11-13.json" + at
    assert reason in damaged.reason
    assert len(tables(parsed)["messages"]) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + as_json([message()]),
        as_json([message()]).replace(b"A plain message.", b"A cut emoji: \\ud83d"),
        as_json([message()]).replace(b"A plain message.", b"Unread field").replace(b"[", b"[\n", 1),
    ],
)
def test_a_byte_order_mark_or_half_an_emoji_is_no_damage(tmp_path: Path, content: bytes) -> None:
    parsed = export(tmp_path, {"general/2023-11-14.json": content})
    assert (len(tables(parsed)["messages"]), findings(parsed)) == (1, [])


@pytest.mark.parametrize(
    "record",
    [
        {"type": "message"},
        {**message(), "ts": 1700000000.000001},
        {**message(), "user": {"id": "U00000001"}},
        {**message(), "text": ["Secret"]},
        {**message(), "type": "reply"},
        {**message(), "files": "Secret", "edited": {}},
        "Secret",
        None,
        [],
    ],
)
def test_a_record_of_a_wrong_shape_is_left_out_by_place_and_the_others_load(tmp_path: Path, record: Any) -> None:
    parsed = export(tmp_path, {"general/2023-11-14.json": [message(1), record, message(2)]})
    (rejected,) = findings(parsed)
    assert isinstance(rejected, Rejected)
    assert (rejected.table, rejected.place) == ("messages", "general/2023-11-14.json, record 2")
    assert "Secret" not in rejected.reason
    assert [row["ts"] for row in tables(parsed)["messages"]] == [ts(1), ts(2)]


@pytest.mark.parametrize(
    "field",
    [
        *({"reactions": found} for found in ([{"name": "eyes", "count": 2}], [None], "Secret", [{"users": ["U1"]}])),
        *({"edited": found} for found in ({"user": "U1"}, {"ts": None}, {"ts": "Secret"}, {"ts": 5}, True)),
        *({"user_profile": found} for found in ([], {"is_restricted": "Secret"})),
    ],
)
def test_a_message_is_kept_without_a_field_beside_it_that_cannot_be_read(tmp_path: Path, field: dict[str, Any]) -> None:
    day = [message(1), message(2) | field, message(3, edited={"ts": ts(4)})]
    parsed = export(tmp_path, {"general/2023-11-14.json": day})
    (name,) = field
    reason = "it cannot be read in 1 messages, which are kept without it"
    assert findings(parsed) == [Ignored(f"messages, field {name}", reason)]
    found = tables(parsed)
    assert [row["ts"] for row in found["messages"]] == [ts(1), ts(2), ts(3)]
    assert [row["edited_at"] is None for row in found["messages"]] == [True, True, False]
    assert "reactions" not in found


def test_several_such_fields_of_a_message_are_counted_one_by_one(tmp_path: Path) -> None:
    day = [message(1, edited={}, reactions=[1], user_profile=2), message(2, edited=3)]
    parsed = export(tmp_path, {"general/2023-11-14.json": day})
    assert [(part.place, part.reason[:23]) for part in findings(parsed) if isinstance(part, Ignored)] == [
        ("messages, field edited", "it cannot be read in 2 "),
        ("messages, field reactions", "it cannot be read in 1 "),
        ("messages, field user_profile", "it cannot be read in 1 "),
    ]


def test_numbers_of_rejected_records_are_those_of_the_file(tmp_path: Path) -> None:
    day = [message(1), {"type": "message"}, message() | {"ts": "never"}, message(2), {"ts": 5}]
    parsed = export(tmp_path, {"general/2023-11-14.json": day})
    places = [part.place for part in findings(parsed) if isinstance(part, Rejected)]
    assert sorted(places) == [f"general/2023-11-14.json, record {number}" for number in (2, 3, 5)]


def test_damaged_lists_are_named_and_the_messages_load(tmp_path: Path) -> None:
    parsed = export(tmp_path, DAY, users=b"[{", channels=b"\xff", groups=[{"name": "no id"}, channel(3, "kept")])
    assert [(type(part), getattr(part, "place", "")) for part in findings(parsed)] == [
        (Damaged, "users.json, line 1, column 3"),
        (Damaged, "channels.json, line 1"),
        (Rejected, "groups.json, record 1"),
    ]
    found = tables(parsed)
    assert [row["kind"] for row in found["channels"]] == ["private", "unlisted"]
    assert [row["user_id"] for row in found["users"]] == ["U00000001"]


def test_a_member_with_a_wrong_checksum_is_damage_and_names_nobody(tmp_path: Path) -> None:
    folder = "mpdm-ada--bo-1"
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:  # stored, so that one byte can be changed
        for name, content in members({f"{folder}/2023-11-14.json": [message(text="Here")], **DAY}).items():
            archive.writestr(name, as_json(content))
    path.write_bytes(path.read_bytes().replace(b"Here", b"Gone"))
    parsed = parse(path)
    (damaged,) = findings(parsed)
    assert isinstance(damaged, Damaged)
    assert "checksum" in damaged.reason
    assert damaged.place.endswith("/2023-11-14.json")
    assert "ada" not in damaged.place
    assert len(tables(parsed)["messages"]) == 1


@pytest.mark.parametrize("content", [b"", b"not a ZIP", b"PK\x03\x04 cut off"])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(content)
    with pytest.raises(Refused, match="not a whole ZIP archive"):
        parse(path)


# --- traps of real exports ----------------------------------------------------------------------------------------


def test_the_same_ts_and_author_in_two_channels_are_two_messages(tmp_path: Path) -> None:
    joins = {f"{folder}/2023-11-14.json": [message(1, subtype="channel_join")] for folder in ("general", "random")}
    found = rows(tmp_path, joins, channels=[channel(1, "general"), channel(2, "random")])["messages"]
    assert [(row["channel_id"], row["ts"]) for row in found] == [("C00000001", ts(1)), ("C00000002", ts(1))]


@pytest.mark.parametrize(
    "record",
    [
        {"subtype": "bot_message", "bot_id": "B1", "username": "[irc] <x>", "user": None},  # a bridge
        {"bot_id": "B1", "app_id": "A1", "bot_profile": {"id": "B1"}, "metadata": {}, "streaming_state": "completed"},
        {"subtype": "slackbot_response", "user": "USLACKBOT"},
    ],
)
def test_bots_of_every_generation_are_no_people(tmp_path: Path, record: dict[str, Any]) -> None:
    assert rows(tmp_path, {"general/2023-11-14.json": [message() | record]})["messages"][0]["is_bot"] is True


def test_a_tombstone_is_the_root_that_was_deleted(tmp_path: Path) -> None:
    root = message(1, author="USLACKBOT", subtype="tombstone", hidden=True, thread_ts=ts(1))
    found = rows(tmp_path, {"general/2023-11-14.json": [root, message(2, thread_ts=ts(1))]})["messages"]
    assert [(row["is_tombstone"], row["is_bot"]) for row in found] == [(True, True), (False, False)]


@pytest.mark.parametrize(
    ("record", "subtype"),
    [
        ({"room": {"date_start": 1, "participant_history": ["U00000001"]}}, "huddle_thread"),
        ({"subtype": "huddle_thread", "room": {}, "user": "USLACKBOT"}, "huddle_thread"),
        ({"subtype": "", "room": {}}, "huddle_thread"),
        ({"subtype": ""}, None),
        ({"room": None}, None),
        ({}, None),
    ],
)
def test_a_huddle_is_not_something_that_somebody_wrote(
    tmp_path: Path, record: dict[str, Any], subtype: str | None
) -> None:
    found = rows(tmp_path, {"general/2023-11-14.json": [message() | record]})["messages"]
    assert found[0]["subtype"] == subtype


def test_tokens_in_the_addresses_of_files_are_neither_kept_nor_reported(tmp_path: Path) -> None:
    file = {"id": "F1", "url_private": "https://files.example.com/F1?t=xoxe-secret", "mode": "hosted"}
    day = [message(1, files=[file]), message(2, files=file), message(3, files=[file], edited={"ts": "xoxe-secret"})]
    parsed = export(tmp_path, {"general/2023-11-14.json": day})
    assert [type(part) for part in findings(parsed)] == [Rejected, Ignored]
    assert "xoxe" not in repr([part for part in parsed if not isinstance(part, Batch)])
    assert "xoxe" not in repr(tables(parsed))


def test_authors_of_other_organisations_bear_the_team_of_the_export(tmp_path: Path) -> None:
    foreign = message(1, author="U0FOREIGN", team="T0OTHER", user_team="T0OTHER", source_team="T0OTHER")
    found = rows(tmp_path, {"general/2023-11-14.json": [foreign, message(2)]})
    assert {row["team_id"] for table in found.values() for row in table} == {TEAM}
    assert [row["email"] for row in found["users"] if row["user_id"] == "U0FOREIGN"] == [None]


@pytest.mark.parametrize("profile", [None, {}, {"email": None}, {"email": ""}])
def test_accounts_without_an_address_have_none(tmp_path: Path, profile: dict[str, Any] | None) -> None:
    found = rows(tmp_path, DAY, users=[user(1, profile=profile), user(2)])["users"]
    assert [row["email"] for row in found] == [None, "person2@example.com"]
