"""Slack records -> rows: the tables of the source, and what of a message goes where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from throughline.privacy import features
from throughline.reading.records import Records
from throughline.reading.rows import Rows
from throughline.reading.slack_records import Message, Reaction
from throughline.source import TIMESTAMP, Table

YEAR_9999: Final = 253_402_300_800  # where date types end; a time beyond is in milliseconds, or nonsense
SLACKBOT: Final = "USLACKBOT"  # never listed in users.json
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


@dataclass
class _Stranger:
    """An account that users.json does not list, as its messages show it; is_bot None: it wrote none."""

    is_bot: bool | None = None
    is_guest: bool | None = None


class Reader:
    """Turns messages into rows. `known`: accounts of users.json; `bots`: those of them that are bots."""

    def __init__(self, team_id: str, rows: Rows, known: set[str], bots: set[str]) -> None:
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
                sent_at = microseconds(ts)
                edited_at = microseconds(edited.ts) if edited is not None else None
            except ValueError:
                yield number, "ts or edited.ts is not 'seconds.microseconds'"
                continue
            if message.type != "message":
                yield number, "type is not 'message'"
                continue
            if subtype is None and message.room is not None:
                subtype = "huddle_thread"  # some exports leave it out: nobody wrote such a message
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


def seconds(epoch: float | str | None) -> int | None:
    """Epoch seconds, also as text -> microseconds; 0 means not set, and so does what is no time."""
    try:
        seconds = float(epoch or 0)
    except ValueError:
        return None
    return int(seconds * 1_000_000) if 0 < seconds < YEAR_9999 else None


def microseconds(ts: str) -> int:
    """ "1434772080.000006" -> microseconds since 1970. Raises ValueError."""
    if len(ts) == 17 and ts[10] == ".":  # as Slack writes it
        digits = ts[:10] + ts[11:]
        if digits.isdigit():
            return int(digits)
    seconds, _, fraction = ts.partition(".")
    if not (seconds.isdigit() and len(seconds) <= 10 and (not fraction or fraction.isdigit())):
        raise ValueError
    return int(seconds + fraction[:6].ljust(6, "0"))
