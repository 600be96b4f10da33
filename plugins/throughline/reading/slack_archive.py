"""A Slack export as typed records: which member of the archive is what, and what each record must look like.

Taken: the standard workspace export, also below folders that zipping again put around it. Other layouts are refused
by name in `_refuse_other_layouts`; whoever reads one of them takes its line out there.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

import msgspec

from throughline.landing import Archive
from throughline.reading.records import Records, Unreadable, read_list
from throughline.source import Damaged, Ignored, Refused, Rejected

CHANNEL_FILES: Final = {"channels.json": "public", "groups.json": "private", "dms.json": "dm", "mpims.json": "group_dm"}
USER_FILES: Final = ("users.json", "org_users.json")
TEAM_SAMPLE: Final = 100  # day files read ahead for the team when users.json does not tell it
TEAM_UNKNOWN: Final = "T_unknown"

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json", re.ASCII)
_GRID = re.compile(r"(?:^|/)teams/[^/]+/(?:users|channels)\.json$")
_LOG_PAGE = re.compile(r"(?:^|/)[CDG][A-Z0-9]{7,}/\d+\.json$", re.ASCII)
_TEXT_EXPORT = re.compile(r"(?:^|/)(?:channels|dms)/.*\.txt$")


class Edited(msgspec.Struct, gc=False):
    ts: str


class Reaction(msgspec.Struct, gc=False):
    name: str
    users: list[str]


class Comment(msgspec.Struct, gc=False):
    user: str | None = None


class UserProfile(msgspec.Struct, gc=False):
    is_restricted: bool | None = None
    is_ultra_restricted: bool | None = None


class Message(msgspec.Struct, gc=False):
    ts: str
    type: str = "message"
    user: str | None = None
    text: str | None = None
    subtype: str | None = None
    thread_ts: str | None = None
    bot_id: str | None = None
    edited: Edited | None = None
    reactions: list[Reaction] | None = None
    files: list[msgspec.Raw] | None = None
    comment: Comment | None = None
    user_profile: UserProfile | None = None


class Origin(msgspec.Struct, gc=False):
    """All of a message that tells its workspace."""

    team: str | None = None


class Channel(msgspec.Struct, gc=False):
    id: str
    name: str | None = None
    created: float | str | None = None
    is_archived: bool | None = None
    is_general: bool | None = None


class Profile(msgspec.Struct, gc=False):
    email: str | None = None
    bot_id: str | None = None


class User(msgspec.Struct, gc=False):
    id: str
    team_id: str | None = None
    deleted: bool | None = None
    is_bot: bool | None = None
    is_restricted: bool | None = None
    is_ultra_restricted: bool | None = None
    tz: str | None = None
    updated: float | str | None = None
    profile: Profile | None = None


_MESSAGES: Final = msgspec.json.Decoder(list[Message])
_ORIGINS: Final = msgspec.json.Decoder(list[Origin])
_CHANNELS: Final = msgspec.json.Decoder(list[Channel])
_USERS: Final = msgspec.json.Decoder(list[User])


class Export:
    """One opened export. tops: list -> member; days: (member, folder, file name) in the archive's order."""

    def __init__(self, archive: Archive) -> None:
        """Raises Refused for other layouts."""
        self._archive = archive
        self.tops: dict[str, str] = {}
        self.days: list[tuple[str, str, str]] = []
        self._strays = 0
        paths = {member: member.replace("\\", "/") for member in archive.members()}
        prefix = _root(paths.values(), archive.name)
        for member, path in paths.items():
            *folders, name = path.removeprefix(prefix).split("/")
            if name.startswith("."):
                continue  # droppings of file managers
            if not path.startswith(prefix) or len(folders) > 1 or (folders and not _DAY.fullmatch(name)):
                self._strays += 1
            elif folders:
                self.days.append((member, unicodedata.normalize("NFC", folders[0]), name))
            else:
                self.tops[name] = member

    def left_out(self) -> Iterator[Ignored]:
        """What is missing or not read, once each; names of conversations are not shown."""
        if not any(name in self.tops for name in USER_FILES):
            reason = "it is missing: accounts are taken from the messages, without e-mail, so none joins the CRM"
            yield Ignored("users.json", reason)
        if "channels.json" not in self.tops:
            yield Ignored("channels.json", "it is missing: folders that no list names are kept as kind 'unlisted'")
        for name in sorted(self.tops.keys() - {*CHANNEL_FILES, *USER_FILES}):
            yield Ignored(name, "it holds no messages")
        if self._strays:
            reason = f"{self._strays:,} files that are not day files (canvases, attachments) are not read"
            yield Ignored("other files", reason)

    def users(self) -> tuple[list[User], list[Damaged | Rejected]]:
        """The accounts of users.json, none where it is missing, and what was wrong with it."""
        name = next((name for name in USER_FILES if name in self.tops), "")
        return self._top(name, "users", _USERS)

    def channels(self, name: str) -> tuple[list[Channel], list[Damaged | Rejected]]:
        """The conversations of one list of CHANNEL_FILES, none where it is missing, and what was wrong with it."""
        return self._top(name, "channels", _CHANNELS)

    def messages(self, member: str) -> Records:
        """The messages of one day file. Raises Unreadable when it is no list at all."""
        return self._read(member, _MESSAGES)

    def team(self, users: list[User]) -> str:
        """The workspace: what most of users.json says, else most messages of the first day files."""
        teams = Counter(user.team_id for user in users if user.team_id)
        if not teams:
            for member, _, _ in islice(self.days, TEAM_SAMPLE):
                try:
                    origins = self._read(member, _ORIGINS).records
                except Unreadable:
                    continue
                teams.update(origin.team for origin in origins if origin.team)
        return min(teams, key=lambda team: (-teams[team], team)) if teams else TEAM_UNKNOWN

    def _top(
        self, name: str, table: str, decoder: msgspec.json.Decoder[list[Any]]
    ) -> tuple[list[Any], list[Damaged | Rejected]]:
        if name not in self.tops:
            return [], []
        try:
            found = self._read(self.tops[name], decoder)
        except Unreadable as error:
            return [], [Damaged(f"{name}{error.at}", error.reason)]
        return found.records, [Rejected(table, f"{name}, record {number}", reason) for number, reason in found.wrong]

    def _read(self, member: str, decoder: msgspec.json.Decoder[list[Any]]) -> Records:
        try:
            data = self._archive.read(member)
        except Refused as error:
            raise Unreadable(error.what) from None
        return read_list(data, decoder)


def _root(paths: Iterable[str], where: str) -> str:
    """The folders put around the export, "" or with a slash at the end. Raises Refused."""
    paths = list(paths)
    split = [path.rpartition("/") for path in paths]
    days = [folder for folder, _, name in split if folder and _DAY.fullmatch(name)]
    roots = {folder for folder, _, name in split if name in CHANNEL_FILES or name in USER_FILES}
    has_lists = any(name in CHANNEL_FILES for _, _, name in split)
    _refuse_other_layouts(paths, where, has_days=bool(days), has_lists=has_lists)
    roots = roots or {folder.rpartition("/")[0] for folder in days}
    depth = min(root.count("/") + bool(root) for root in roots)
    tops = [root for root in roots if root.count("/") + bool(root) == depth]
    if len(tops) > 1:
        what = f"{len(tops)} exports side by side in one archive"
        raise Refused(what, where=where, remedy="land each export as its own ZIP")
    return f"{tops[0]}/" if tops[0] else ""


def _refuse_other_layouts(paths: list[str], where: str, *, has_days: bool, has_lists: bool) -> None:
    """One clear sentence for each layout that looks like Slack and is not the standard workspace export."""
    if has_lists and any(_GRID.search(path) for path in paths):
        raise Refused(
            "a Slack Enterprise Grid export (it has a teams folder), which this source does not read yet",
            where=where,
            remedy="export each workspace on its own, or zip the content of one teams/<workspace> folder",
        )
    if has_days or has_lists:
        return
    if any(_LOG_PAGE.search(path) for path in paths):
        raise Refused(
            "a community log of Slack (numbered pages, no users.json, no channels.json), not Slack's own export",
            where=where,
            remedy="ask a workspace owner for the standard export (Settings, Import/Export data)",
        )
    if any(_TEXT_EXPORT.search(path) for path in paths):
        raise Refused(
            "a Slack export of a single person as text (TXT), which has neither account ids nor threads",
            where=where,
            remedy="choose the workspace export in JSON",
        )
    raise Refused(
        "not a Slack workspace export (no channels.json and no folder of YYYY-MM-DD.json files)",
        where=where,
        remedy="land the ZIP as Slack made it",
    )
