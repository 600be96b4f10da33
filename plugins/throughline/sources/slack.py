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
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Final, get_args

import msgspec
import pyarrow as pa
from throughline.landing import Archive, LandingFile
from throughline.privacy import features
from throughline.source import TIMESTAMP, Batch, Damaged, Ignored, Parsed, Refused, Rejected, Source, Table

BATCH_ROWS: Final = 20_000
TEAM_SAMPLE: Final = 100  # day files read ahead for the team when users.json does not tell it
TEAM_UNKNOWN: Final = "T_unknown"
SLACKBOT: Final = "USLACKBOT"  # never listed in users.json

CHANNEL_FILES: Final = {"channels.json": "public", "groups.json": "private", "dms.json": "dm", "mpims.json": "group_dm"}
USER_FILES: Final = ("users.json", "org_users.json")

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json", re.ASCII)
_CONVERSATION_ID = re.compile(r"[CDG][A-Z0-9]{7,}", re.ASCII)
_GRID = re.compile(r"(?:^|/)teams/[^/]+/(?:users|channels)\.json$")
_LOG_PAGE = re.compile(r"(?:^|/)[CDG][A-Z0-9]{7,}/\d+\.json$", re.ASCII)
_TEXT_EXPORT = re.compile(r"(?:^|/)(?:channels|dms)/.*\.txt$")

STRING, BOOL, COUNT = pa.string(), pa.bool_(), pa.int64()
_CONVERSATION = [("team_id", STRING), ("channel_id", STRING)]
_MESSAGE = [*_CONVERSATION, ("ts", STRING), ("sent_at", TIMESTAMP)]
TABLES: Final = (
    Table(  # one row per message
        "messages",
        pa.schema(
            [
                *_MESSAGE,
                ("user_id", STRING),
                ("subtype", STRING),
                ("thread_ts", STRING),
                ("is_bot", BOOL),
                ("is_tombstone", BOOL),
                ("text_length", COUNT),
                ("is_question", BOOL),
                ("mention_count", COUNT),
                ("is_broadcast", BOOL),
                ("fingerprint", STRING),
                ("tags", STRING),
                ("crm_links", STRING),
                ("file_count", COUNT),
                ("edited_at", TIMESTAMP),
            ]
        ),
        key=("team_id", "channel_id", "ts"),
        people={"user_id": "slack", "fingerprint": "text"},
        version="edited_at",
        observed="sent_at",
    ),
    Table(  # one row per message and other person mentioned in it
        "mentions",
        pa.schema([*_MESSAGE, ("user_id", STRING)]),
        key=("team_id", "channel_id", "ts", "user_id"),
        people={"user_id": "slack"},
    ),
    Table(  # one row per message, emoji and person; Slack keeps no time of a reaction, sent_at is the message's
        "reactions",
        pa.schema([*_MESSAGE, ("emoji", STRING), ("user_id", STRING)]),
        key=("team_id", "channel_id", "ts", "emoji", "user_id"),
        people={"user_id": "slack"},
    ),
    Table(  # one row per conversation
        "channels",
        pa.schema(
            [
                *_CONVERSATION,
                ("name", STRING),
                ("kind", STRING),
                ("created_at", TIMESTAMP),
                ("is_archived", BOOL),
                ("is_general", BOOL),
            ]
        ),
        key=("team_id", "channel_id"),
    ),
    Table(  # one row per account: those of users.json, then authors and reactors that it does not list
        "users",
        pa.schema(
            [
                ("team_id", STRING),
                ("user_id", STRING),
                ("email", STRING),
                ("is_bot", BOOL),
                ("is_deleted", BOOL),
                ("is_guest", BOOL),
                ("time_zone", STRING),
                ("updated_at", TIMESTAMP),
            ]
        ),
        key=("team_id", "user_id"),
        people={"user_id": "slack", "email": "email"},
        version="updated_at",
    ),
)


class _Edited(msgspec.Struct, gc=False):
    ts: str


class _Reaction(msgspec.Struct):
    name: str
    users: list[str]


class _Comment(msgspec.Struct, gc=False):
    user: str | None = None


class _UserProfile(msgspec.Struct, gc=False):
    team: str | None = None
    is_restricted: bool | None = None
    is_ultra_restricted: bool | None = None


class _Message(msgspec.Struct):
    ts: str
    type: str = "message"
    user: str | None = None
    text: str | None = None
    subtype: str | None = None
    thread_ts: str | None = None
    bot_id: str | None = None
    team: str | None = None
    edited: _Edited | None = None
    reactions: list[_Reaction] | None = None
    files: list[msgspec.Raw] | None = None
    comment: _Comment | None = None
    user_profile: _UserProfile | None = None


class _Channel(msgspec.Struct):
    id: str
    name: str | None = None
    created: float | str | None = None
    is_archived: bool | None = None
    is_general: bool | None = None


class _Profile(msgspec.Struct):
    email: str | None = None
    bot_id: str | None = None


class _User(msgspec.Struct):
    id: str
    team_id: str | None = None
    deleted: bool | None = None
    is_bot: bool | None = None
    is_restricted: bool | None = None
    is_ultra_restricted: bool | None = None
    tz: str | None = None
    updated: float | str | None = None
    profile: _Profile | None = None


@dataclass(frozen=True)
class _Conversation:
    """One conversation of the export; `name` only where it is no list of people."""

    id: str
    kind: str
    name: str | None


@dataclass
class _Stranger:
    """An account that users.json does not list, as its messages show it."""

    is_bot: bool = False
    is_guest: bool | None = None


@dataclass
class _Rows:
    """Rows of all tables on their way into batches of BATCH_ROWS."""

    tables: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {t.name: [] for t in TABLES})

    def batches(self, *, rest: bool = False) -> Iterator[Batch]:
        """Full batches; with `rest` whatever is left too."""
        for table in TABLES:
            rows = self.tables[table.name]
            while len(rows) >= BATCH_ROWS or (rest and rows):
                columns = zip(*rows[:BATCH_ROWS], strict=True)
                del rows[:BATCH_ROWS]
                arrays = [pa.array(column, kind) for column, kind in zip(columns, table.schema.types, strict=True)]
                yield Batch(table.name, pa.RecordBatch.from_arrays(arrays, schema=table.schema))


@dataclass
class _Layout:
    """Which member of the archive is what. tops: name -> member; days: (member, folder, file name) in archive order."""

    tops: dict[str, str] = field(default_factory=dict)
    days: list[tuple[str, str, str]] = field(default_factory=list)
    strays: int = 0


@dataclass
class _Records:
    """The readable records of one member with their numbers from 1, and number and reason of the others."""

    records: list[Any]
    numbers: Sequence[int]
    wrong: list[tuple[int, str]] = field(default_factory=list)


class _Unreadable(Exception):
    """A member that is no list of records: what is wrong and where in it."""

    def __init__(self, reason: str, at: str = "") -> None:
        self.reason, self.at = reason, at
        super().__init__(reason)


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the batches and findings of one export. Raises Refused for other layouts. Memory: one day file."""
    with Archive(file.path, file.name) as archive:
        layout = _layout(archive.members(), file.name)
        yield from _left_out(layout)
        users: list[_User] = []
        for name in USER_FILES:
            if not users:
                users, findings = _top(archive, layout, name, _USERS)
                yield from findings
        conversations: dict[str, _Conversation] = {}
        rows = _Rows()
        team_id = _team(archive, layout, users)
        for name, kind in CHANNEL_FILES.items():
            channels, findings = _top(archive, layout, name, _CHANNELS)
            yield from findings
            rows.tables["channels"] += [_listed(channel, kind, team_id, conversations) for channel in channels]
        rows.tables["users"] += [_user(user, team_id) for user in users]
        reader = _Reader(team_id, rows, {user.id for user in users}, {user.id for user in users if _is_bot(user)})
        for member, folder, name in layout.days:
            folder = unicodedata.normalize("NFC", folder)
            if folder not in conversations:
                conversations[folder] = found = _unlisted(folder)
                rows.tables["channels"].append((team_id, found.id, found.name, found.kind, None, None, None))
            conversation = conversations[folder]
            place = f"{conversation.name or conversation.id}/{name}"
            try:
                day = _read(archive, member, _MESSAGES)
            except _Unreadable as error:
                yield Damaged(f"{place}{error.at}", error.reason)
                continue
            for number, reason in chain(day.wrong, reader.take(day, conversation.id)):
                yield Rejected("messages", f"{place}, record {number}", reason)
            yield from rows.batches()
        rows.tables["users"] += reader.strangers_rows()
        yield from rows.batches(rest=True)


class _Reader:
    """Turns messages into rows. `known`: accounts of users.json; `bots`: those of them that are bots."""

    def __init__(self, team_id: str, rows: _Rows, known: set[str], bots: set[str]) -> None:
        self.team_id, self.rows, self.known, self.bots = team_id, rows, known, bots | {SLACKBOT}
        self.strangers: dict[str, _Stranger] = {}

    def take(self, day: _Records, channel_id: str) -> Iterator[tuple[int, str]]:
        """Append the rows of one day file; yield number and reason of what is no message."""
        team_id, known, bots = self.team_id, self.known, self.bots
        message_row = self.rows.tables["messages"].append
        mention_row = self.rows.tables["mentions"].append
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

    def _reactions(self, reactions: list[_Reaction], channel_id: str, ts: str, sent_at: int) -> None:
        row = self.rows.tables["reactions"].append
        for reaction in reactions:
            for user in dict.fromkeys(reaction.users):
                row((self.team_id, channel_id, ts, sent_at, reaction.name, user))
                if user not in self.known and user not in self.strangers:
                    self.strangers[user] = _Stranger(is_bot=user == SLACKBOT)

    def _stranger(self, user: str, message: _Message, *, is_bot: bool) -> None:
        """A person can post through an app, so one message without a bot makes a person."""
        stranger = self.strangers.get(user)
        if stranger is None:
            stranger = self.strangers[user] = _Stranger(is_bot=is_bot)
        stranger.is_bot = stranger.is_bot and is_bot
        if (profile := message.user_profile) is not None and profile.is_restricted is not None:
            stranger.is_guest = profile.is_restricted or bool(profile.is_ultra_restricted)

    def strangers_rows(self) -> list[tuple[Any, ...]]:
        return [(self.team_id, u, None, s.is_bot, None, s.is_guest, None, None) for u, s in self.strangers.items()]


def _layout(members: list[str], where: str) -> _Layout:
    """Find the export inside the archive, also below folders added around it. Raises Refused for other layouts."""
    paths = {member: member.replace("\\", "/") for member in members}
    lists = {*CHANNEL_FILES, *USER_FILES}
    roots = {path.rpartition("/")[0] for path in paths.values() if path.rpartition("/")[2] in lists}
    has_lists = any(path.rpartition("/")[2] in CHANNEL_FILES for path in paths.values())
    has_days = any("/" in path and _DAY.fullmatch(path.rpartition("/")[2]) for path in paths.values())
    for applies, what, remedy in (
        (
            any(_GRID.search(path) for path in paths.values()),
            "a Slack Enterprise Grid export (it has a teams folder), which this source does not read yet",
            "export each workspace on its own, or zip the content of one teams/<workspace> folder",
        ),
        (
            not roots and any(_LOG_PAGE.search(path) for path in paths.values()),
            "a community log of Slack (numbered pages, no users.json, no channels.json), not Slack's own export",
            "ask a workspace owner for the standard export (Settings, Import/Export data)",
        ),
        (
            not has_days and any(_TEXT_EXPORT.search(path) for path in paths.values()),
            "a Slack export of a single person as text (TXT), which has neither account ids nor threads",
            "choose the workspace export in JSON",
        ),
        (
            not has_days and not has_lists,
            "not a Slack workspace export (no channels.json and no folder of YYYY-MM-DD.json files)",
            "land the ZIP as Slack made it",
        ),
    ):
        if applies:
            raise Refused(what, where=where, remedy=remedy)
    if not roots:
        days = (path for path in paths.values() if _DAY.fullmatch(path.rpartition("/")[2]))
        roots = {path.rpartition("/")[0].rpartition("/")[0] for path in days}
    depth = min(root.count("/") + bool(root) for root in roots)
    tops = [root for root in roots if root.count("/") + bool(root) == depth]
    if len(tops) > 1:
        raise Refused(
            f"{len(tops)} exports side by side in one archive", where=where, remedy="land each export as its own ZIP"
        )
    prefix = f"{tops[0]}/" if tops[0] else ""
    layout = _Layout()
    for member, path in paths.items():
        *folders, name = path.removeprefix(prefix).split("/")
        if not path.startswith(prefix) or len(folders) > 1 or (folders and not _DAY.fullmatch(name)):
            layout.strays += 1
        elif folders:
            layout.days.append((member, folders[0], name))
        else:
            layout.tops[name] = member
    return layout


def _left_out(layout: _Layout) -> Iterator[Ignored]:
    """What is missing or not read, once each; names of conversations are not shown."""
    if not any(name in layout.tops for name in USER_FILES):
        yield Ignored(
            "users.json", "it is missing: accounts are taken from the messages, without e-mail, so none joins the CRM"
        )
    if "channels.json" not in layout.tops:
        yield Ignored("channels.json", "it is missing: folders that no other list names are kept as kind 'unlisted'")
    for name in sorted(layout.tops.keys() - {*CHANNEL_FILES, *USER_FILES}):
        if name.endswith(".json"):
            yield Ignored(name, "it holds no messages")
    if layout.strays:
        yield Ignored(
            "other files", f"{layout.strays:,} files that are not day files (canvases, attachments) are not read"
        )


def _read(archive: Archive, member: str, decoder: msgspec.json.Decoder[list[Any]]) -> _Records:
    """The records of one member. Raises _Unreadable when it is no list of records at all."""
    try:
        data = archive.read(member)
    except Refused as error:
        raise _Unreadable(error.what) from None
    try:
        records = decoder.decode(data)
        return _Records(records, range(1, len(records) + 1))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _read_one_by_one(data, get_args(decoder.type)[0])


def _read_one_by_one(data: bytes, kind: type) -> _Records:
    """The slow way for members that are not wholly as expected: keeps every record that can be read."""
    if not data.strip():
        raise _Unreadable("the file is empty")
    try:
        items = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _Unreadable("it is not UTF-8", f", line {line}") from None
    except json.JSONDecodeError as error:
        raise _Unreadable("it is not JSON", f", line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError):
        raise _Unreadable("its JSON is nested too deeply, or holds a number that is too long") from None
    if not isinstance(items, list):
        raise _Unreadable("it is JSON, but not a list of records")
    numbers: list[int] = []
    found = _Records([], numbers)
    for number, item in enumerate(items, 1):
        if item == "":  # Slack writes [""] for an empty list
            continue
        try:  # half a surrogate pair, left where a text was cut, becomes a question mark
            one = json.dumps(item, ensure_ascii=False).encode(errors="replace")
            found.records.append(msgspec.json.decode(one, type=kind))
            numbers.append(number)
        except msgspec.ValidationError as error:
            found.wrong.append((number, str(error)))
        except msgspec.DecodeError:
            found.wrong.append((number, "holds a number that JSON does not know"))
    return found


def _top(
    archive: Archive, layout: _Layout, name: str, decoder: msgspec.json.Decoder[list[Any]]
) -> tuple[list[Any], list[Damaged | Rejected]]:
    """The records of a top-level list, none where it is missing, and what was wrong with it."""
    if name not in layout.tops:
        return [], []
    try:
        found = _read(archive, layout.tops[name], decoder)
    except _Unreadable as error:
        return [], [Damaged(f"{name}{error.at}", error.reason)]
    table = "users" if name in USER_FILES else "channels"
    return found.records, [Rejected(table, f"{name}, record {number}", reason) for number, reason in found.wrong]


def _team(archive: Archive, layout: _Layout, users: list[_User]) -> str:
    """The workspace: what most of users.json says, else most messages of the first day files."""
    teams = Counter(user.team_id for user in users if user.team_id)
    if not teams:
        for member, _, _ in islice(layout.days, TEAM_SAMPLE):
            try:
                messages = _read(archive, member, _MESSAGES).records
            except _Unreadable:
                continue
            teams.update(team for m in messages if (team := m.team or (m.user_profile and m.user_profile.team)))
    return min(teams, key=lambda team: (-teams[team], team)) if teams else TEAM_UNKNOWN


def _listed(channel: _Channel, kind: str, team_id: str, conversations: dict[str, _Conversation]) -> tuple[Any, ...]:
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


def _user(user: _User, team_id: str) -> tuple[Any, ...]:
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


def _is_bot(user: _User) -> bool:
    """Exports of 2016 lack the flag; a profile with a bot id tells it too."""
    return bool(user.is_bot) or user.id == SLACKBOT or bool(user.profile is not None and user.profile.bot_id)


def _seconds(epoch: float | str | None) -> int | None:
    """Epoch seconds, also as text -> microseconds; 0 means not set, and so does what is no number."""
    try:
        return int(float(epoch or 0) * 1_000_000) or None
    except (ValueError, OverflowError):
        return None


def _microseconds(ts: str) -> int:
    """ "1434772080.000006" -> microseconds since 1970. Raises ValueError."""
    seconds, _, fraction = ts.partition(".")
    if not (seconds.isdigit() and len(seconds) <= 10 and (not fraction or fraction.isdigit())):
        raise ValueError
    return int(seconds + fraction[:6].ljust(6, "0"))


_MESSAGES: Final = msgspec.json.Decoder(list[_Message])
_CHANNELS: Final = msgspec.json.Decoder(list[_Channel])
_USERS: Final = msgspec.json.Decoder(list[_User])
SOURCE = Source("slack", "Slack workspace export", (".zip",), TABLES, parse)
