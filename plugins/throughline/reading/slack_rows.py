"""Slack records -> rows: the tables of the source, and what of a message goes where.

Messages are taken column by column, some thousands at once: a function call a message would cost more than its JSON.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from throughline.packed import Packed
from throughline.privacy import feature_columns, normalise_texts
from throughline.reading import nested
from throughline.reading.records import Unreadable
from throughline.reading.slack_archive import day_messages
from throughline.reading.slack_records import MESSAGE_FIELDS, Message
from throughline.source import TIMESTAMP, Damaged, Rejected, Table

YEAR_9999: Final = 253_402_300_800  # where date types end; a time beyond is in milliseconds, or nonsense
SLACKBOT: Final = "USLACKBOT"  # never listed in users.json
_LOOKED_INTO: Final = nested.outer_names(MESSAGE_FIELDS)
_TYPES: Final = {"text": pa.string(), "flag": pa.bool_(), "count": pa.int64(), "time": TIMESTAMP}


def _schema(*columns: str) -> pa.Schema:
    """Columns in order, each "type: name name …"."""
    named = [(kind, names.split()) for kind, _, names in (column.partition(": ") for column in columns)]
    return pa.schema([(name, _TYPES[kind]) for kind, names in named for name in names])


TABLES: Final = (
    Table(  # one row per message
        "messages",
        _schema(
            "text: team_id channel_id ts",
            "time: sent_at",
            "text: user_id subtype thread_ts",
            "flag: is_bot is_tombstone",
            "count: text_length",
            "flag: is_question",
            "count: mention_count",
            "flag: is_broadcast",
            "text: fingerprint tags crm_links",
            "count: file_count",
            "time: edited_at",
        ),
        key=("team_id", "channel_id", "ts"),
        people={"user_id": "slack", "fingerprint": "text"},
        version="edited_at",
        observed="sent_at",
    ),
    Table(  # one row per message and other person mentioned in it
        "mentions",
        _schema("text: team_id channel_id ts", "time: sent_at", "text: user_id"),
        key=("team_id", "channel_id", "ts", "user_id"),
        people={"user_id": "slack"},
    ),
    Table(  # one row per message, emoji and person; Slack keeps no time of a reaction, sent_at is the message's
        "reactions",
        _schema("text: team_id channel_id ts", "time: sent_at", "text: emoji user_id"),
        key=("team_id", "channel_id", "ts", "emoji", "user_id"),
        people={"user_id": "slack"},
    ),
    Table(  # one row per conversation
        "channels",
        _schema("text: team_id channel_id name kind", "time: created_at", "flag: is_archived is_general"),
        key=("team_id", "channel_id"),
    ),
    Table(  # one row per account: those of users.json, then authors and reactors that it does not list
        "users",
        _schema(
            "text: team_id user_id email", "flag: is_bot is_deleted is_guest", "text: time_zone", "time: updated_at"
        ),
        key=("team_id", "user_id"),
        people={"user_id": "slack", "email": "email"},
        version="updated_at",
    ),
)
_SCHEMAS: Final = {table.name: table.schema for table in TABLES}


class Day(NamedTuple):
    """One day file: its bytes, None where the archive is damaged; where it lies, for reports; its conversation; of how
    many messages at its head the names of the fields are looked at."""

    packed: Packed | None
    place: str
    channel_id: str
    sampled: int


@dataclass(frozen=True)
class Known:
    """What is known before the first message: the accounts of users.json, and those of them that are bots."""

    team_id: str
    accounts: frozenset[str]
    bots: frozenset[str]


@dataclass
class Stranger:
    """An account that users.json does not list, as its messages show it; is_bot None: it wrote none."""

    is_bot: bool | None = None
    is_guest: bool | None = None

    def add(self, later: Stranger) -> None:
        """A person can post through an app, so one message without a bot makes a person."""
        if later.is_bot is not None:
            self.is_bot = later.is_bot and self.is_bot is not False
        if later.is_guest is not None:
            self.is_guest = later.is_guest


@dataclass(frozen=True)
class Taken:
    """What some day files hold: rows by table, what could not be read, accounts that are not known, the names of the
    fields of the sampled messages, and how many messages were read without a field that could not be."""

    records: dict[str, pa.RecordBatch]
    findings: list[Damaged | Rejected]
    strangers: dict[str, Stranger]
    fields: set[str]
    spared: Counter[str]


def take(known: Known, days: Sequence[Day]) -> Taken:
    """The rows of some day files. Pure, so that any process may do it."""
    messages: list[Message] = []
    channel_ids: list[str] = []
    findings: list[list[Damaged | Rejected]] = [[] for _ in days]
    starts: list[int] = []  # of each day file, its first message
    numbers: list[Sequence[int]] = []
    fields: set[str] = set()
    spared: Counter[str] = Counter()
    for at, day in enumerate(days):
        starts.append(len(messages))
        numbers.append(())
        try:
            found, data = day_messages(day.packed)
        except Unreadable as error:
            findings[at].append(Damaged(f"{day.place}{error.at}", error.reason))
            continue
        for message in nested.first(data, day.sampled):
            fields |= nested.names(message, _LOOKED_INTO)
        findings[at] += [_rejected(day, number, reason) for number, reason in found.wrong]
        numbers[at] = found.numbers
        spared += found.spared
        messages += found.records
        channel_ids += [day.channel_id] * len(found.records)
    times = _times(messages)
    if wrong := _wrong(messages, times):
        for index, reason in sorted(wrong.items()):
            at = bisect(starts, index) - 1
            findings[at].append(_rejected(days[at], numbers[at][index - starts[at]], reason))
        channel_ids = [channel_id for index, channel_id in enumerate(channel_ids) if index not in wrong]
        messages = [message for index, message in enumerate(messages) if index not in wrong]
        times = _times(messages)
    if unread := times.edited_at.null_count - times.edited_ts.null_count:
        spared["edited"] += unread
    records, strangers = _columns(known, messages, channel_ids, times)
    return Taken(records, list(chain.from_iterable(findings)), strangers, fields, spared)


class _Times(NamedTuple):
    """ts and edited.ts as text, then as microseconds; NULL where they cannot be read."""

    ts: pa.Array
    edited_ts: pa.Array
    sent_at: pa.Array
    edited_at: pa.Array


def _times(messages: Sequence[Message]) -> _Times:
    ts = pa.array([message.ts for message in messages], pa.string())
    edited = [message.edited.ts if message.edited is not None else None for message in messages]
    edited_ts = pa.array(edited, pa.string())
    return _Times(ts, edited_ts, _microseconds(ts), _microseconds(edited_ts))


def _wrong(messages: Sequence[Message], times: _Times) -> dict[int, str]:
    """Place of each message that is none -> reason."""
    timeless = pc.indices_nonzero(pc.is_null(times.sent_at)).to_pylist()
    others = {index: "type is not 'message'" for index, one in enumerate(messages) if one.type != "message"}
    return others | dict.fromkeys(timeless, "ts is not 'seconds.microseconds'")


def _columns(
    known: Known, messages: Sequence[Message], channel_ids: Sequence[str], times: _Times
) -> tuple[dict[str, pa.RecordBatch], dict[str, Stranger]]:
    """The tables of some messages, and their strangers."""
    users = [
        message.user or (message.comment.user if message.comment is not None else None) or None for message in messages
    ]
    subtypes = [  # some exports leave out that of a huddle: nobody wrote such a message
        message.subtype or (None if message.room is None else "huddle_thread") for message in messages
    ]
    is_bot = [
        bool(message.bot_id) or subtype == "bot_message" or user in known.bots
        for message, subtype, user in zip(messages, subtypes, users, strict=True)
    ]
    texts = [message.text or "" for message in messages]
    text = feature_columns(texts)
    mentions = [(index, name) for index, names in text.mentions.items() for name in names if name != users[index]]
    mention_counts = [0] * len(messages)
    for index, _ in mentions:
        mention_counts[index] += 1
    reactions = [
        (index, reaction.name, user)
        for index, message in enumerate(messages)
        if message.reactions
        for reaction in message.reactions
        for user in dict.fromkeys(reaction.users)
    ]
    channels, sent_at = pa.array(channel_ids, pa.string()), times.sent_at.view(TIMESTAMP)

    def beside(of: list[int]) -> list[pa.Array]:
        """The columns that each row has of its message."""
        at = pa.array(of, pa.int64())
        return [pa.repeat(known.team_id, len(of)), *(column.take(at) for column in (channels, times.ts, sent_at))]

    records = {
        "messages": _batch(
            "messages",
            pa.repeat(known.team_id, len(messages)),
            channels,
            times.ts,
            sent_at,
            users,
            subtypes,
            [message.thread_ts or None for message in messages],
            is_bot,
            [subtype == "tombstone" for subtype in subtypes],
            text.length,
            text.is_question,
            mention_counts,
            text.is_broadcast,
            normalise_texts(pa.array(texts, pa.string())),
            _joined(text.tags, len(texts)),
            _joined(text.crm_links, len(texts)),
            # until 2018 a shared file was no list, and each comment on it repeated it
            [
                len(message.files) if message.files else 1 if subtype == "file_share" else 0
                for message, subtype in zip(messages, subtypes, strict=True)
            ],
            times.edited_at.view(TIMESTAMP),
        ),
        "mentions": _batch("mentions", *beside([of for of, _ in mentions]), [user for _, user in mentions]),
        "reactions": _batch(
            "reactions",
            *beside([of for of, _, _ in reactions]),
            [emoji for _, emoji, _ in reactions],
            [user for _, _, user in reactions],
        ),
    }
    people = {*users, *(user for _, _, user in reactions)} - {None}
    return records, {} if people <= known.accounts else _strangers(known, messages, users, is_bot)


def _joined(found: Mapping[int, Sequence[str]], count: int) -> list[str]:
    """What few texts have, as a column."""
    column = [""] * count
    for at, names in found.items():
        column[at] = " ".join(names)
    return column


def _batch(name: str, *columns: Any) -> pa.RecordBatch:
    schema = _SCHEMAS[name]
    arrays = [
        column if isinstance(column, pa.Array) else pa.array(column, kind)
        for column, kind in zip(columns, schema.types, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _strangers(
    known: Known, messages: Sequence[Message], users: Sequence[str | None], is_bot: Sequence[bool]
) -> dict[str, Stranger]:
    """Authors and reactors that are not known, in the order of their first message."""
    found: dict[str, Stranger] = {}
    for message, user, wrote_as_bot in zip(messages, users, is_bot, strict=True):
        if user is not None and user not in known.accounts:
            profile = message.user_profile
            is_guest = None
            if profile is not None and profile.is_restricted is not None:
                is_guest = profile.is_restricted or bool(profile.is_ultra_restricted)
            found.setdefault(user, Stranger()).add(Stranger(wrote_as_bot, is_guest))
        for reaction in message.reactions or ():
            for reactor in reaction.users:
                if reactor not in known.accounts:
                    found.setdefault(reactor, Stranger())
    return found


def _rejected(day: Day, number: int, reason: str) -> Rejected:
    return Rejected("messages", f"{day.place}, record {number}", reason)


def seconds(epoch: float | str | None) -> int | None:
    """Epoch seconds, also as text -> microseconds; 0 means not set, and so does what is no time."""
    try:
        seconds = float(epoch or 0)
    except ValueError:
        return None
    return int(seconds * 1_000_000) if 0 < seconds < YEAR_9999 else None


def _microseconds(texts: pa.Array) -> pa.Array:
    """ "1434772080.000006" -> microseconds since 1970; NULL where it is no such time."""
    digits = pc.binary_replace_slice(texts, 10, 11, "")
    has_point, is_long = pc.equal(pc.find_substring(texts, "."), 10), pc.equal(pc.binary_length(texts), 17)
    if pc.all(pc.and_(pc.and_(has_point, is_long), pc.ascii_is_decimal(digits))).as_py():
        return pc.cast(digits, pa.int64())
    return pa.array([None if text is None else _one_time(text) for text in texts.to_pylist()], pa.int64())


def _one_time(ts: str) -> int | None:
    """The same for one ts that may be written otherwise."""
    seconds, _, fraction = ts.partition(".")
    if not (seconds.isdecimal() and len(seconds) <= 10 and (not fraction or fraction.isdecimal())):
        return None
    return int(seconds + fraction[:6].ljust(6, "0"))
