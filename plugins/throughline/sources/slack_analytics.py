"""Slack Analytics files (one JSON record a line, gzip or not) -> activity, channels, channel_names.

Slack makes one file a UTC day and type; a record tells its own day, so files may be joined, split or renamed. The
type is told record by record, by its fields; which fields a type has is reported from a sample of them.
- member files -> activity: one row per account, workspace and day. `product` is "slack/<workspace id>", or "slack" in
  older files, which do not tell the workspace. Accounts bear the id of the Slack export and are keyed as there.
- public_channel files -> channels: one row per public channel and day, counts of that day.
- public_channel files of metadata only -> channel_names: one row per public channel and day.

post_count is all messages posted, replies included (reply_count and read_count: not told); call_count is all calls,
huddles included (so meeting_count: not told); other_action_count is files added and searches. NULL: not told.
Left out on purpose: topics and descriptions (free text), names of workspaces, devices, seats.
Rejected by line: what is no JSON record, has no day or no id. A file without one record of these types is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Final

import msgspec
import pyarrow as pa

from throughline.landing import LandingFile
from throughline.reading import nested
from throughline.reading.lines import lines, pieces
from throughline.reading.rows import Rows
from throughline.reading.slack_rows import seconds
from throughline.source import TIMESTAMP, Parsed, Refused, Rejected, Source, Table
from throughline.sources import shapes

_COUNTS: Final = (
    "total_member_count",
    "full_member_count",
    "guest_member_count",
    "message_count",
    "member_message_count",
    "viewer_count",
    "poster_count",
    "reaction_count",
)

CHANNELS: Final = Table(  # one row per public channel and UTC day
    "channels",
    pa.schema(
        [
            ("channel_id", pa.string()),
            ("date", pa.date32()),
            ("team_id", pa.string()),
            ("created_at", TIMESTAMP),
            ("last_active_at", TIMESTAMP),
            *((name, pa.int64()) for name in _COUNTS),
            ("visibility", pa.string()),
            ("channel_type", pa.string()),
            ("is_shared_externally", pa.bool_()),
        ]
    ),
    key=("channel_id", "date"),
)
CHANNEL_NAMES: Final = Table(  # one row per public channel and UTC day
    "channel_names",
    pa.schema([("channel_id", pa.string()), ("date", pa.date32()), ("name", pa.string())]),
    key=("channel_id", "date"),
)
TABLES: Final = (shapes.activity("slack"), CHANNELS, CHANNEL_NAMES)


_Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]


FIELDS: Final = {
    header.table: header
    for header in (
        nested.kind(
            "activity",
            required="date user_id",
            optional="team_id email_address is_active messages_posted_count reactions_added_count total_calls_count "
            "files_added_count search_count",
            left_out="enterprise_id enterprise_employee_number is_guest is_billable_seat is_active_* date_claimed "
            "channel_messages_posted_count slack_calls_count slack_huddles_count",
        ),
        nested.kind(
            "channels",
            required="date channel_id",
            optional="originating_team.team_id date_created date_last_active total_members_count full_members_count "
            "guest_member_count messages_posted_count messages_posted_by_members_count members_who_viewed_count "
            "members_who_posted_count reactions_added_count visibility channel_type is_shared_externally",
            left_out="originating_team.name enterprise_id shared_with externally_shared_with_organizations",
        ),
        nested.kind("channel_names", required="date channel_id name", left_out="topic description"),
    )
}


class _Team(msgspec.Struct):
    team_id: str | None = None


class _Line(msgspec.Struct):
    """The fields of all three types that are used."""

    date: date
    user_id: str | None = None
    channel_id: str | None = None
    team_id: str | None = None
    email_address: str | None = None
    is_active: bool | None = None
    messages_posted_count: _Count | None = None
    reactions_added_count: _Count | None = None
    total_calls_count: _Count | None = None
    files_added_count: _Count | None = None
    search_count: _Count | None = None
    originating_team: _Team | None = None
    date_created: float | str | None = None
    date_last_active: float | str | None = None
    total_members_count: _Count | None = None
    full_members_count: _Count | None = None
    guest_member_count: _Count | None = None
    messages_posted_by_members_count: _Count | None = None
    members_who_viewed_count: _Count | None = None
    members_who_posted_count: _Count | None = None
    visibility: str | None = None
    channel_type: str | None = None
    is_shared_externally: bool | None = None
    name: str | None = None


_PATIENCE: Final = 100  # unreadable lines before the first readable one
_LINE: Final = msgspec.json.Decoder(_Line)


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the rows of one file. Raises Refused where it holds no record of these types, or is damaged."""
    rows, taken = Rows(TABLES), 0
    samples = {table: nested.Sample(header) for table, header in FIELDS.items()}
    rejected: list[Rejected] = []  # held back until one record was readable, few at first
    for number, line in lines(pieces(file), file.name):
        place = f"{file.name}, line {number}"
        try:
            table, values = _row(_LINE.decode(line))
        except msgspec.ValidationError as error:
            wrong = Rejected("activity", place, str(error))  # names the field and the types, never the value
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            wrong = Rejected("activity", place, "it is not JSON, or cut off")
        except ValueError as error:
            wrong = Rejected("activity", place, str(error))
        else:
            taken += 1
            rows.values[table] += values
            if taken == 1:
                yield from rejected
            samples[table].add(line)
            yield from rows.batches()
            continue
        if taken:
            yield wrong
        elif len(rejected) == _PATIENCE:
            break
        else:
            rejected.append(wrong)
    if not taken:
        what = "holds no record of Slack Analytics (one JSON object a line, with date and user_id or channel_id)"
        raise Refused(what, where=file.name, remedy="land the files of admin.analytics.getFile as Slack made them")
    yield from rows.batches(rest=True)
    for sample in samples.values():
        yield from sample.told()


def _row(line: _Line) -> tuple[str, tuple[Any, ...]]:
    """Table and values of one record. Raises ValueError without an id."""
    if line.user_id:
        return "activity", _activity(line, line.user_id)
    if not line.channel_id:
        raise ValueError("neither user_id nor channel_id")
    if line.name is not None and line.total_members_count is None:
        return "channel_names", (line.channel_id, line.date, line.name)
    return "channels", (
        line.channel_id,
        line.date,
        line.originating_team.team_id if line.originating_team else None,
        seconds(line.date_created),
        seconds(line.date_last_active),
        line.total_members_count,
        line.full_members_count,
        line.guest_member_count,
        line.messages_posted_count,
        line.messages_posted_by_members_count,
        line.members_who_viewed_count,
        line.members_who_posted_count,
        line.reactions_added_count,
        line.visibility,
        line.channel_type,
        line.is_shared_externally,
    )


def _activity(line: _Line, user_id: str) -> tuple[Any, ...]:
    others = [count for count in (line.files_added_count, line.search_count) if count is not None]
    return (
        user_id,
        line.email_address or None,
        f"slack/{line.team_id}" if line.team_id else "slack",
        line.date,
        line.date,
        line.date if line.is_active else None,
        None,
        False,
        line.messages_posted_count,
        None,
        line.reactions_added_count,
        None,
        None,
        line.total_calls_count,
        sum(others) if others else None,
    )


SOURCE: Final = Source(
    "slack_analytics",
    "Slack Analytics files",
    (".gz", ".json", ".ndjson", ".jsonl"),
    TABLES,
    parse,
    headers=tuple(FIELDS.values()),
)
