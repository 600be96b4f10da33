"""Slack export of a workspace or an Enterprise Grid (ZIP of JSON) -> messages, mentions, reactions, channels, users.

Layout: channels.json (groups.json, dms.json, mpims.json), users.json, and one folder a conversation with one file
a day. A message is identified by (team, channel, ts); `ts` is its time, the day file's name is not: Slack cuts
day files at US-Pacific midnight. Folders of channels bear the channel's name, folders of direct messages an id.

Survived and reported: users.json or channels.json missing, folders that no list names (those of a listed channel's
former name are its own, the others are kept as kind "unlisted"), day files that are not JSON, records of a wrong shape
(where only edited, reactions or user_profile is wrong, the message is kept without it), archives zipped again with a
folder around everything.
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
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from throughline.landing import Archive, LandingFile
from throughline.reading.records import left_out
from throughline.reading.rows import Batches, Rows
from throughline.reading.slack_archive import CHANNEL_FILES, Export, exports
from throughline.reading.slack_records import HEADERS, Channel, User
from throughline.reading.slack_rows import SLACKBOT, TABLES, Day, Known, Stranger, seconds, take
from throughline.source import Parsed, Source
from throughline.workers import cores, ordered

PART_BYTES: Final = 4 << 20  # of JSON, about 2,700 messages: more at once falls out of the cache and is slower
HELPED_FROM_BYTES: Final = 128 << 20  # of JSON; a helping process needs the time of about 60 to start
SAMPLED: Final = 1_000  # messages whose fields are looked at, of day files spread over the export: some 10 ms
_CONVERSATION_ID = re.compile(r"[CDG][A-Z0-9]{7,}", re.ASCII)


@dataclass(frozen=True)
class _Conversation:
    """One conversation of the export; `name` only where it is no list of people."""

    id: str
    kind: str
    name: str | None


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield batches and findings of one export. Raises Refused for other layouts. Memory: PART_BYTES, or a day file."""
    with Archive(file.content, file.name) as archive:
        lists, said = Rows(TABLES[3:]), Batches(TABLES[:3])
        accounts: set[str] = set()
        bots = {SLACKBOT}
        parts = exports(archive)
        for export in parts:
            yield from _export(export, lists, said, accounts, bots)
        yield from said.full(rest=True)
        yield from lists.batches(rest=True)
        for sample in parts[0].samples.values():
            yield from sample.told()


def _export(export: Export, lists: Rows, said: Batches, accounts: set[str], bots: set[str]) -> Iterator[Parsed]:
    """One workspace, or the organisation's part. accounts, bots: those listed so far; those listed here are added."""
    yield from export.left_out()
    users, findings = export.users()
    yield from findings
    team_id = export.team(users)
    for user in users:
        lists.values["users"] += _user(user, team_id)
    accounts.update(user.id for user in users)
    bots.update(user.id for user in users if _is_bot(user))
    conversations: dict[str, _Conversation] = {}
    for name, kind in CHANNEL_FILES.items():
        channels, findings = export.channels(name)
        yield from findings
        for channel in channels:
            lists.values["channels"] += _listed(channel, kind, team_id, conversations)
    folders = dict.fromkeys(export.days.values())
    strays = {folder: _unlisted(folder) for folder in folders if folder not in conversations}
    renamed: dict[str, _Conversation] = {}
    if any(stray.name for stray in strays.values()):  # else the archive need not be read for it
        renamed = {old: conversations[folder] for folder, old in export.former_names() if folder in conversations}
    for folder, stray in strays.items():
        conversations[folder] = renamed.get(folder, stray)
        if folder not in renamed:
            lists.values["channels"] += (team_id, stray.id, stray.name, stray.kind, None, None, None)
    yield from lists.batches()
    known = Known(team_id, frozenset(accounts), frozenset(bots))
    strangers: dict[str, Stranger] = {}
    spared: Counter[str] = Counter()
    for taken in ordered(take, known, _parts(export, conversations), helpers=_helpers(export)):
        yield from taken.findings
        export.samples["messages"].see(taken.fields)
        spared += taken.spared
        for name, records in taken.records.items():
            said.add(name, records)
        yield from said.full()
        for user_id, stranger in taken.strangers.items():
            strangers.setdefault(user_id, Stranger()).add(stranger)
    yield from left_out(spared, f"{export.label}messages")
    for user_id, stranger in strangers.items():
        lists.values["users"] += (team_id, user_id, None, bool(stranger.is_bot), None, stranger.is_guest, None, None)


def _helpers(export: Export) -> int:
    """One more process where there is a core for it, and work for longer than it takes to start."""
    size_bytes = sum(map(export.size_bytes, export.days))
    return min(1, cores() - 1) if size_bytes >= HELPED_FROM_BYTES else 0


def _parts(export: Export, conversations: Mapping[str, _Conversation]) -> Iterator[list[Day]]:
    """The day files in the archive's order, PART_BYTES of JSON at once."""
    part: list[Day] = []
    size_bytes = 0
    sampled, step = 1 + SAMPLED // (len(export.days) or 1), 1 + (len(export.days) - 1) // SAMPLED
    for number, (member, folder) in enumerate(export.days.items()):
        conversation = conversations[folder]
        place = f"{export.label}{conversation.name or conversation.id}/{member[-len('YYYY-MM-DD.json') :]}"
        part.append(Day(export.packed(member), place, conversation.id, 0 if number % step else sampled))
        size_bytes += export.size_bytes(member)
        if size_bytes >= PART_BYTES:
            yield part
            part, size_bytes = [], 0
    if part:
        yield part


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


SOURCE = Source("slack", "Slack workspace export", (".zip",), TABLES, parse, headers=HEADERS)
