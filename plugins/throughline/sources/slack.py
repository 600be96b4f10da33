"""Slack standard workspace export (ZIP of JSON) -> messages, mentions, reactions, channels, users.

Layout: channels.json (groups.json, dms.json, mpims.json), users.json, and one folder a conversation with one file
a day. A message is identified by (team, channel, ts); `ts` is its time, the day file's name is not: Slack cuts
day files at US-Pacific midnight. Folders of channels bear the channel's name, folders of direct messages an id.

Survived and reported: users.json or channels.json missing, folders that no list names (kept as kind "unlisted"),
day files that are not JSON, records of a wrong shape, archives zipped again with a folder around everything.
Left out on purpose: message text (reduced to features), names of people, titles, file contents and their URLs
(they carry live tokens), integration logs, canvases, lists. An author who mentions only themself (Slack writes so
in "… uploaded a file") mentions nobody.

Every row bears the team of the export, also those of guests from other workspaces, so that messages and users join.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import pyarrow as pa

from throughline.landing import Archive, LandingFile
from throughline.privacy import features
from throughline.reading.records import Records, Unreadable
from throughline.reading.slack_archive import CHANNEL_FILES, Channel, Export, Message, Reaction, User
from throughline.source import TIMESTAMP, Batch, Damaged, Parsed, Rejected, Source, Table

BATCH_ROWS: Final = 20_000
YEAR_9999: Final = 253_402_300_800  # where date types end; a time beyond is in milliseconds, or nonsense
SLACKBOT: Final = "USLACKBOT"  # never listed in users.json

_CONVERSATION_ID = re.compile(r"[CDG][A-Z0-9]{7,}", re.ASCII)
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


@dataclass(frozen=True)
class _Conversation:
    """One conversation of the export; `name` only where it is no list of people."""

    id: str
    kind: str
    name: str | None


@dataclass
class _Stranger:
    """An account that users.json does not list, as its messages show it; is_bot None: it wrote none."""

    is_bot: bool | None = None
    is_guest: bool | None = None


class _Rows:
    """Rows of all tables on their way into batches of BATCH_ROWS.

    Values lie flat, row after row: no tuple outlives its row, so the garbage collector has none to walk through.
    """

    def __init__(self) -> None:
        self.values: dict[str, list[Any]] = {table.name: [] for table in TABLES}

    def batches(self, *, rest: bool = False) -> Iterator[Batch]:
        """Full batches; with `rest` whatever is left too."""
        for table in TABLES:
            values, width = self.values[table.name], len(table.schema)
            end = BATCH_ROWS * width
            while len(values) >= end or (rest and values):
                columns = enumerate(table.schema.types)
                arrays = [pa.array(values[at:end:width], kind) for at, kind in columns]
                del values[:end]
                yield Batch(table.name, pa.RecordBatch.from_arrays(arrays, schema=table.schema))


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the batches and findings of one export. Raises Refused for other layouts. Memory: one day file."""
    with Archive(file.content, file.name) as archive:
        export, rows = Export(archive), _Rows()
        yield from export.left_out()
        users, findings = export.users()
        yield from findings
        team_id = export.team(users)
        for user in users:
            rows.values["users"] += _user(user, team_id)
        conversations: dict[str, _Conversation] = {}
        for name, kind in CHANNEL_FILES.items():
            channels, findings = export.channels(name)
            yield from findings
            for channel in channels:
                rows.values["channels"] += _listed(channel, kind, team_id, conversations)
        reader = _Reader(team_id, rows, {user.id for user in users}, {user.id for user in users if _is_bot(user)})
        for member, folder, name in export.days:
            if folder not in conversations:
                conversations[folder] = found = _unlisted(folder)
                rows.values["channels"] += (team_id, found.id, found.name, found.kind, None, None, None)
            conversation = conversations[folder]
            place = f"{conversation.name or conversation.id}/{name}"
            try:
                day = export.messages(member)
            except Unreadable as error:
                yield Damaged(f"{place}{error.at}", error.reason)
                continue
            for number, reason in chain(day.wrong, reader.take(day, conversation.id)):
                yield Rejected("messages", f"{place}, record {number}", reason)
            yield from rows.batches()
        for user_id, stranger in reader.strangers.items():
            rows.values["users"] += (team_id, user_id, None, bool(stranger.is_bot), None, stranger.is_guest, None, None)
        yield from rows.batches(rest=True)


class _Reader:
    """Turns messages into rows. `known`: accounts of users.json; `bots`: those of them that are bots."""

    def __init__(self, team_id: str, rows: _Rows, known: set[str], bots: set[str]) -> None:
        self.team_id, self.rows, self.known, self.bots = team_id, rows, known, bots | {SLACKBOT}
        self.strangers: dict[str, _Stranger] = {}

    def take(self, day: Records, channel_id: str) -> Iterator[tuple[int, str]]:
        """Append the rows of one day file; yield number and reason of what is no message."""
        team_id, known, bots = self.team_id, self.known, self.bots
        message_row = self.rows.values["messages"].extend
        mention_row = self.rows.values["mentions"].extend
        for number, message in zip(day.numbers, day.records, strict=True):
            ts, subtype, edited = message.ts, message.subtype, message.edited
            try:
                sent_at = _microseconds(ts)
                edited_at = _microseconds(edited.ts) if edited is not None else None
            except ValueError:
                yield number, "ts or edited.ts is not 'seconds.microseconds'"
                continue
            if message.type != "message":
                yield number, "type is not 'message'"
                continue
            user = message.user or (message.comment.user if message.comment is not None else None) or None
            is_bot = bool(message.bot_id) or subtype == "bot_message" or user in bots
            if user is not None and user not in known:
                self._stranger(user, message, is_bot=is_bot)
            text = features(message.text or "")
            mentions = text.mentions
            if mentions and user in mentions:
                mentions = tuple(mention for mention in mentions if mention != user)
            for mention in mentions:
                mention_row((team_id, channel_id, ts, sent_at, mention))
            if message.reactions:
                self._reactions(message.reactions, channel_id, ts, sent_at)
            # until 2018 a shared file was no list, and each comment on it repeated it
            file_count = len(message.files) if message.files else int(subtype == "file_share")
            message_row(
                (
                    team_id,
                    channel_id,
                    ts,
                    sent_at,
                    user,
                    subtype,
                    message.thread_ts or None,
                    is_bot,
                    subtype == "tombstone",
                    text.length,
                    text.is_question,
                    len(mentions),
                    text.is_broadcast,
                    text.normalised or None,
                    " ".join(text.tags),
                    " ".join(text.crm_links),
                    file_count,
                    edited_at,
                )
            )

    def _reactions(self, reactions: list[Reaction], channel_id: str, ts: str, sent_at: int) -> None:
        row = self.rows.values["reactions"].extend
        for reaction in reactions:
            for user in dict.fromkeys(reaction.users):
                row((self.team_id, channel_id, ts, sent_at, reaction.name, user))
                if user not in self.known:
                    self.strangers.setdefault(user, _Stranger())

    def _stranger(self, user: str, message: Message, *, is_bot: bool) -> None:
        """A person can post through an app, so one message without a bot makes a person."""
        stranger = self.strangers.setdefault(user, _Stranger())
        stranger.is_bot = is_bot and stranger.is_bot is not False
        if (profile := message.user_profile) is not None and profile.is_restricted is not None:
            stranger.is_guest = profile.is_restricted or bool(profile.is_ultra_restricted)


def _listed(channel: Channel, kind: str, team_id: str, conversations: dict[str, _Conversation]) -> tuple[Any, ...]:
    """The row of a listed conversation; notes the folder that belongs to it."""
    name = unicodedata.normalize("NFC", channel.name) if channel.name else None
    if name and name.startswith("mpdm-"):
        kind = "group_dm"
    shown = name if kind in ("public", "private") else None
    conversation = _Conversation(channel.id, kind, shown)
    conversations.setdefault(channel.id, conversation)
    if name:
        conversations.setdefault(name, conversation)
    return (team_id, channel.id, shown, kind, _seconds(channel.created), channel.is_archived, channel.is_general)


def _unlisted(folder: str) -> _Conversation:
    """A folder that no list names. Its id is the same in every export; names of people are not shown."""
    if _CONVERSATION_ID.fullmatch(folder):
        return _Conversation(folder, "dm" if folder.startswith("D") else "unlisted", None)
    made_up = f"unlisted_{hashlib.sha256(folder.encode(errors='replace')).hexdigest()[:16]}"
    return (
        _Conversation(made_up, "group_dm", None)
        if folder.startswith("mpdm-")
        else _Conversation(made_up, "unlisted", folder)
    )


def _user(user: User, team_id: str) -> tuple[Any, ...]:
    """The row of one account of users.json."""
    flags = [flag for flag in (user.is_restricted, user.is_ultra_restricted) if flag is not None]
    return (
        team_id,
        user.id,
        (user.profile.email or None) if user.profile is not None else None,
        _is_bot(user),
        user.deleted,
        any(flags) if flags else None,
        user.tz or None,
        _seconds(user.updated),
    )


def _is_bot(user: User) -> bool:
    """Exports of 2016 lack the flag; a profile with a bot id tells it too."""
    return bool(user.is_bot) or user.id == SLACKBOT or bool(user.profile is not None and user.profile.bot_id)


def _seconds(epoch: float | str | None) -> int | None:
    """Epoch seconds, also as text -> microseconds; 0 means not set, and so does what is no time."""
    try:
        seconds = float(epoch or 0)
    except ValueError:
        return None
    return int(seconds * 1_000_000) if 0 < seconds < YEAR_9999 else None


def _microseconds(ts: str) -> int:
    """ "1434772080.000006" -> microseconds since 1970. Raises ValueError."""
    if len(ts) == 17 and ts[10] == ".":  # as Slack writes it
        digits = ts[:10] + ts[11:]
        if digits.isdigit():
            return int(digits)
    seconds, _, fraction = ts.partition(".")
    if not (seconds.isdigit() and len(seconds) <= 10 and (not fraction or fraction.isdigit())):
        raise ValueError
    return int(seconds + fraction[:6].ljust(6, "0"))


SOURCE = Source("slack", "Slack workspace export", (".zip",), TABLES, parse)
