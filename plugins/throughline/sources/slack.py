"""Slack export of a workspace or an Enterprise Grid (ZIP of JSON) -> messages, mentions, reactions, channels, users.

Layout: channels.json (groups.json, dms.json, mpims.json), users.json, and one folder a conversation with one file
a day. A message is identified by (team, channel, ts); `ts` is its time, the day file's name is not: Slack cuts
day files at US-Pacific midnight. Folders of channels bear the channel's name, folders of direct messages an id.

Survived and reported: users.json or channels.json missing, folders that no list names (kept as kind "unlisted"),
day files that are not JSON, records of a wrong shape, archives zipped again with a folder around everything.
Left out on purpose: message text (reduced to features), names of people, titles, file contents and their URLs
(they carry live tokens), integration logs, canvases, lists. An author who mentions only themself (Slack writes so
in "… uploaded a file") mentions nobody.

Every row bears the team of the export, also those of guests from other workspaces, so that messages and users join.

Of a Grid, the content of teams/<workspace>/ is read as that workspace's own export would be, so that both may be
landed; conversations of the organisation bear the organisation's id for a team.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from throughline.landing import Archive, LandingFile
from throughline.reading.records import Unreadable
from throughline.reading.rows import Rows
from throughline.reading.slack_archive import CHANNEL_FILES, Export, exports
from throughline.reading.slack_records import Channel, User
from throughline.reading.slack_rows import SLACKBOT, TABLES, Reader, seconds
from throughline.source import Damaged, Parsed, Rejected, Source

_CONVERSATION_ID = re.compile(r"[CDG][A-Z0-9]{7,}", re.ASCII)


@dataclass(frozen=True)
class _Conversation:
    """One conversation of the export; `name` only where it is no list of people."""

    id: str
    kind: str
    name: str | None


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the batches and findings of one export. Raises Refused for other layouts. Memory: one day file."""
    with Archive(file.content, file.name) as archive:
        rows = Rows(TABLES)
        known: set[str] = set()
        bots: set[str] = set()
        for export in exports(archive):
            yield from _export(export, rows, known, bots)
        yield from rows.batches(rest=True)


def _export(export: Export, rows: Rows, known: set[str], bots: set[str]) -> Iterator[Parsed]:
    """One workspace, or the organisation's part. known, bots: accounts listed so far; those listed here are added."""
    yield from export.left_out()
    users, findings = export.users()
    yield from findings
    team_id = export.team(users)
    for user in users:
        rows.values["users"] += _user(user, team_id)
    known.update(user.id for user in users)
    bots.update(user.id for user in users if _is_bot(user))
    conversations: dict[str, _Conversation] = {}
    for name, kind in CHANNEL_FILES.items():
        channels, findings = export.channels(name)
        yield from findings
        for channel in channels:
            rows.values["channels"] += _listed(channel, kind, team_id, conversations)
    reader = Reader(team_id, rows, known, bots)
    for member, folder, name in export.days:
        if folder not in conversations:
            conversations[folder] = found = _unlisted(folder)
            rows.values["channels"] += (team_id, found.id, found.name, found.kind, None, None, None)
        conversation = conversations[folder]
        place = f"{export.label}{conversation.name or conversation.id}/{name}"
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
    return (team_id, channel.id, shown, kind, seconds(channel.created), channel.is_archived, channel.is_general)


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
        seconds(user.updated),
    )


def _is_bot(user: User) -> bool:
    """Exports of 2016 lack the flag; a profile with a bot id tells it too."""
    return bool(user.is_bot) or user.id == SLACKBOT or bool(user.profile is not None and user.profile.bot_id)


SOURCE = Source("slack", "Slack workspace export", (".zip",), TABLES, parse)
