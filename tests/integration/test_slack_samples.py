"""The Slack source on real exports of third parties. Expected counts: see the samples' own manifest."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from tests.fixtures.samples import sample
from throughline.landing import Archive, LandingFile
from throughline.source import Batch, Columns, Damaged, Ignored, Parsed, Refused
from throughline.sources import slack

HUMAN_SUBTYPES = (None, "thread_broadcast", "me_message", "file_share")
HOUSTON = "houstondatavis+slack-export/export.zip"
HFARAN = "hfaran+slack-export-viewer/export.zip"
RHT = "rht+slack2zulip-data-converter/export.zip"
ZULIP = "zulip+zulip/test_slack_importer.zip"
ZULIP_UNICODE = "zulip+zulip/test_unicode_slack_importer.zip"
LOG = "haskell-jp+slack-log/slack-log-json.zip"


def parse(shared: Path, name: str) -> list[Parsed]:
    path = sample(shared, f"slack/{name}")
    file = LandingFile("slack", name, path, "0" * 64, path.stat().st_size, datetime(2026, 7, 6, tzinfo=UTC))
    return list(slack.parse(file))


def table(parsed: list[Parsed], name: str) -> pa.Table:
    batches = [part.records for part in parsed if isinstance(part, Batch) and part.table == name]
    return pa.Table.from_batches(batches, slack.SOURCE.table(name).schema)


@pytest.mark.parametrize(
    ("name", "messages", "human", "users", "channels", "reactions", "edited"),
    [
        (HOUSTON, 1_382, 1_025, 71, 16, 199, 37),
        (HFARAN, 158, 52, 4, 2, 1, 1),
        (RHT, 27, 25, 1, 2, 0, 0),
        (ZULIP, 91, 81, 4, 2, 2, 1),  # 79 plain (1 through an app), 2 file_share, 1 broadcast
        (ZULIP_UNICODE, 5, 2, 1, 3, 0, 0),
    ],
)
def test_every_record_of_the_samples_is_read(
    shared: Path, name: str, messages: int, human: int, users: int, channels: int, reactions: int, edited: int
) -> None:
    parsed = parse(shared, name)
    found = table(parsed, "messages")
    posts = [
        row
        for row in found.select(["subtype", "is_bot"]).to_pylist()
        if row["subtype"] in HUMAN_SUBTYPES and not row["is_bot"]
    ]
    assert found.num_rows == messages
    assert len(posts) == human
    assert table(parsed, "users").num_rows == users
    assert table(parsed, "channels").num_rows == channels
    assert table(parsed, "reactions").num_rows == reactions
    assert found.num_rows - found["edited_at"].null_count == edited
    others = [part for part in parsed if not isinstance(part, (Batch, Columns))]
    assert [getattr(part, "place", "") for part in others] == ["integration_logs.json"]


@pytest.mark.parametrize("name", [HOUSTON, HFARAN, RHT, ZULIP, ZULIP_UNICODE])
def test_team_channel_and_ts_identify_a_message_and_all_channels_are_listed(shared: Path, name: str) -> None:
    parsed = parse(shared, name)
    messages = table(parsed, "messages").select(["team_id", "channel_id", "ts"]).to_pylist()
    assert len({tuple(row.values()) for row in messages}) == len(messages)
    channels = table(parsed, "channels").to_pylist()
    assert {row["channel_id"] for row in messages} <= {row["channel_id"] for row in channels}
    assert {row["kind"] for row in channels} == {"public"}
    assert {row["team_id"] for row in messages} == {row["team_id"] for row in table(parsed, "users").to_pylist()}


@pytest.mark.parametrize(
    ("name", "plain", "shared_files", "by_time_and_author"), [(HOUSTON, 964, 61, 1_328), (HFARAN, 49, 3, None)]
)
def test_what_people_said_is_told_from_bots_and_by_its_channel(
    shared: Path, name: str, plain: int, shared_files: int, by_time_and_author: int | None
) -> None:
    rows = table(parse(shared, name), "messages").to_pylist()
    said = Counter(row["subtype"] for row in rows if row["subtype"] in HUMAN_SUBTYPES and not row["is_bot"])
    assert said == {None: plain, "file_share": shared_files}
    if by_time_and_author:  # without the channel, messages would be lost
        assert len({(row["ts"], row["user_id"]) for row in rows}) == by_time_and_author


def test_of_a_damaged_export_the_rest_loads_and_the_damage_is_named(shared: Path, tmp_path: Path) -> None:
    day = "general/2015-06-12.json"
    damaged = tmp_path / "damaged.zip"
    with Archive(sample(shared, f"slack/{HOUSTON}"), HOUSTON) as source, zipfile.ZipFile(damaged, "w") as target:
        lost = source.read(day)
        for member in source.members():
            if member != "users.json":
                target.writestr(member, lost[:-10] if member == day else source.read(member))
    file = LandingFile(
        "slack", "damaged.zip", damaged, "0" * 64, damaged.stat().st_size, datetime(2026, 7, 6, tzinfo=UTC)
    )
    parsed = list(slack.parse(file))
    assert table(parsed, "messages").num_rows == 1_382 - len(json.loads(lost))
    assert table(parsed, "users")["email"].null_count == table(parsed, "users").num_rows > 0
    assert "users.json" in {part.place for part in parsed if isinstance(part, Ignored)}
    assert [part.place.split(",")[0] for part in parsed if isinstance(part, Damaged)] == [day]


@pytest.mark.parametrize(("name", "files", "days_off"), [(HOUSTON, 375, 431), (HFARAN, 17, 94)])
def test_the_names_of_day_files_are_pacific_dates_and_are_not_used(
    shared: Path, name: str, files: int, days_off: int
) -> None:
    with Archive(sample(shared, f"slack/{name}"), name) as archive:
        days = {tuple(member.removesuffix(".json").split("/")) for member in archive.members() if "/" in member}
    parsed = parse(shared, name)
    names = {row["channel_id"]: row["name"] for row in table(parsed, "channels").to_pylist()}
    rows = table(parsed, "messages").select(["channel_id", "sent_at"]).to_pylist()
    pacific = [row["sent_at"].astimezone(ZoneInfo("America/Los_Angeles")).date() for row in rows]
    written = {(names[row["channel_id"]], day.isoformat()) for row, day in zip(rows, pacific, strict=True)}
    assert len(days) == files
    assert written == days  # each message lies in the file of its Pacific date
    assert sum(row["sent_at"].date() != day for row, day in zip(rows, pacific, strict=True)) == days_off


def test_a_name_in_unflagged_utf8_is_read_as_it_was_written(shared: Path) -> None:
    assert "チャネル" in table(parse(shared, ZULIP_UNICODE), "channels")["name"].to_pylist()


def test_half_the_accounts_of_a_workspace_may_have_no_address(shared: Path) -> None:
    assert table(parse(shared, HOUSTON), "users")["email"].null_count == 0  # 71 of 71
    assert table(parse(shared, HFARAN), "users")["email"].null_count == 4  # 0 of 4


def test_a_community_log_is_refused_by_name(shared: Path) -> None:
    with pytest.raises(Refused, match="community log"):
        parse(shared, LOG)


def test_two_workspaces_as_a_grid_give_the_same_as_each_alone(shared: Path, tmp_path: Path) -> None:
    """No Grid export is public: two real workspaces are laid below teams/."""
    samples = {"houston": HOUSTON, "hfaran": HFARAN}
    alone = {name: table(parse(shared, export), "messages") for name, export in samples.items()}
    grid = tmp_path / "grid.zip"
    with zipfile.ZipFile(grid, "w") as target:
        target.writestr("org_users.json", "[]")
        for name, export in samples.items():
            with Archive(sample(shared, f"slack/{export}"), name) as source:
                for member in source.members():
                    target.writestr(f"teams/{name}/{member}", source.read(member))
    file = LandingFile("slack", "grid.zip", grid, "0" * 64, grid.stat().st_size, datetime(2026, 7, 6, tzinfo=UTC))
    found = table(list(slack.parse(file)), "messages")
    assert found.num_rows == 1_382 + 158
    keys = {tuple(row.values()) for row in found.select(["team_id", "channel_id", "ts"]).to_pylist()}
    assert len(keys) == found.num_rows
    for one in alone.values():
        assert {tuple(row.values()) for row in one.select(["team_id", "channel_id", "ts"]).to_pylist()} <= keys
