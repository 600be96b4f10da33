"""A Slack export as typed records: which member of the archive is what, and what each record must look like.

Taken: the standard workspace export, and that of an Enterprise Grid, in which each workspace lies below teams/ and
conversations of the whole organisation beside it; also below folders that zipping again put around them. Other
layouts are refused by name in `_refuse`.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, NoReturn
from zipfile import BadZipFile

import msgspec

from throughline.landing import DAMAGED, Archive
from throughline.packed import Packed
from throughline.reading.nested import Sample
from throughline.reading.records import Records, Unreadable, read_list
from throughline.reading.slack_records import (
    CHANNELS,
    HEADERS,
    MESSAGES,
    ORIGINS,
    RENAMINGS,
    SPARE,
    USERS,
    Channel,
    User,
)
from throughline.source import Damaged, Ignored, Refused, Rejected

CHANNEL_FILES: Final = {"channels.json": "public", "groups.json": "private", "dms.json": "dm", "mpims.json": "group_dm"}
USER_FILES: Final = ("users.json", "org_users.json")
TEAM_SAMPLE: Final = 100  # day files read ahead for the team when users.json does not tell it
TEAM_UNKNOWN: Final = "T_unknown"
ORGANISATION_UNKNOWN: Final = "E_unknown"

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json", re.ASCII)
_WORKSPACE = re.compile(
    rf"(teams/[^/]+/)(?:{'|'.join(map(re.escape, (*CHANNEL_FILES, *USER_FILES)))}|[^/]+/{_DAY.pattern})$", re.ASCII
)
_LOG_PAGE = re.compile(r"(?:^|/)[CDG][A-Z0-9]{7,}/\d+\.json$", re.ASCII)
_TEXT_EXPORT = re.compile(r"(?:^|/)(?:channels|dms)/.*\.txt$")


class Export:
    """One workspace of an archive, or the part of a Grid that belongs to the organisation.

    tops: list -> member; days: member -> folder, in the archive's order; label: where it lies, for places;
    samples: table -> the fields of its records, of the whole archive.
    """

    def __init__(
        self, archive: Archive, samples: dict[str, Sample], label: str = "", *, is_organisation: bool = False
    ) -> None:
        self.label, self.is_organisation, self.samples, self._archive = label, is_organisation, samples, archive
        self.tops: dict[str, str] = {}
        self.days: dict[str, str] = {}
        self._strays = 0

    def add(self, member: str, path: str | None) -> None:
        """Sort in one member by its path inside the export; None: it lies outside."""
        *folders, name = (path or member).split("/")
        if name.startswith("."):
            return  # droppings of file managers
        if path is None or len(folders) > 1 or (folders and not _DAY.fullmatch(name)):
            self._strays += 1
        elif folders:
            self.days[member] = sys.intern(unicodedata.normalize("NFC", folders[0]))
        else:
            self.tops[name] = member

    def left_out(self) -> Iterator[Ignored]:
        """What is missing or not read, once each; names of conversations are not shown."""
        if not any(name in self.tops for name in USER_FILES):
            reason = "it is missing: accounts are taken from the messages, without e-mail, so none joins the CRM"
            if self.label:
                reason = "it is missing: accounts are those of the organisation"
            name = "org_users.json" if self.is_organisation else "users.json"
            yield Ignored(f"{self.label}{name}", reason)
        if "channels.json" not in self.tops and (self.days or not self.is_organisation):
            reason = "it is missing: folders that no list names are kept as kind 'unlisted'"
            yield Ignored(f"{self.label}channels.json", reason)
        for name in sorted(self.tops.keys() - {*CHANNEL_FILES, *USER_FILES}):
            yield Ignored(f"{self.label}{name}", "it holds no messages")
        if self._strays:
            reason = f"{self._strays:,} files that are not day files (canvases, attachments) are not read"
            yield Ignored(f"{self.label}other files", reason)

    def users(self) -> tuple[list[User], list[Damaged | Rejected]]:
        """The accounts of users.json, none where it is missing, and what was wrong with it."""
        name = next((name for name in USER_FILES if name in self.tops), "")
        return self._top(name, "users", USERS)

    def channels(self, name: str) -> tuple[list[Channel], list[Damaged | Rejected]]:
        """The conversations of one list of CHANNEL_FILES, none where it is missing, and what was wrong with it."""
        return self._top(name, "channels", CHANNELS)

    def packed(self, member: str) -> Packed | None:
        """One day file, for `day_messages`; None when the archive is damaged there. Raises Refused where two bear the
        name."""
        try:
            return self._archive.packed(member)
        except Refused as refused:
            if refused.what != DAMAGED:
                raise
            return None

    def size_bytes(self, member: str) -> int:
        return self._archive.size_bytes(member)

    def team(self, users: list[User]) -> str:
        """The workspace: what most of users.json says, else most messages of the first day files.

        The organisation's own conversations belong to no workspace: which one posts first changes from export to
        export, so they bear the organisation's id.
        """
        if self.is_organisation:
            return _most(Counter(user.organisation for user in users if user.organisation), ORGANISATION_UNKNOWN)
        teams = Counter(user.team_id for user in users if user.team_id)
        if not teams:
            for member in islice(self.days, TEAM_SAMPLE):
                try:
                    origins = self._read(member, ORIGINS).records
                except Unreadable:
                    continue
                teams.update(origin.team for origin in origins if origin.team)
        return _most(teams, TEAM_UNKNOWN)

    def former_names(self) -> Iterator[tuple[str, str]]:
        """Folder, and how its channel was called before, of each renaming that its messages tell."""
        for member, folder in self.days.items():
            try:
                data = self._archive.read(member)
                found = read_list(data, RENAMINGS).records if b'"old_name"' in data else []
            except (Refused, Unreadable):
                continue
            for message in found:
                if message.old_name and message.subtype in ("channel_name", "group_name"):
                    yield folder, unicodedata.normalize("NFC", message.old_name)

    def _top(
        self, name: str, table: str, decoder: msgspec.json.Decoder[list[Any]]
    ) -> tuple[list[Any], list[Damaged | Rejected]]:
        if name not in self.tops:
            return [], []
        try:
            found = self._read(self.tops[name], decoder, self.samples[table])
        except Unreadable as error:
            return [], [Damaged(f"{self.label}{name}{error.at}", error.reason)]
        place = f"{self.label}{name}, record"
        return found.records, [Rejected(table, f"{place} {number}", reason) for number, reason in found.wrong]

    def _read(self, member: str, decoder: msgspec.json.Decoder[list[Any]], sample: Sample | None = None) -> Records:
        try:
            data = self._archive.read(member)
        except Refused as error:
            raise Unreadable(error.what) from None
        found = read_list(data, decoder)
        if sample is not None:
            sample.add_list(data)
        return found


def day_messages(packed: Packed | None) -> tuple[Records, bytes]:
    """The messages of one day file, and its bytes. Raises Unreadable when it is no list at all."""
    try:
        if packed is None:
            raise BadZipFile
        data = packed.inflate()
    except BadZipFile:
        raise Unreadable(DAMAGED) from None
    return read_list(data, MESSAGES, SPARE), data


def exports(archive: Archive) -> list[Export]:
    """The workspace, or of a Grid the organisation's part and then each workspace, by name. Raises Refused."""
    members = archive.members()
    prefix = _root(members, archive.name)
    inside = {member: member.removeprefix(prefix) if member.startswith(prefix) else None for member in members}
    labels = sorted({found[1] for path in inside.values() if path and (found := _WORKSPACE.match(path))})
    samples = {header.table: Sample(header) for header in HEADERS}
    parts = {
        label: Export(archive, samples, label, is_organisation=not label and bool(labels)) for label in ("", *labels)
    }
    for member, path in inside.items():
        label = "/".join((path or "").split("/", 2)[:2]) + "/"
        label = label if label in parts else ""
        parts[label].add(member, path.removeprefix(label) if path is not None else None)
    return list(parts.values())


def _most(counted: Counter[str], otherwise: str) -> str:
    """The most frequent one; a tie is settled by name."""
    return min(counted, key=lambda one: (-counted[one], one)) if counted else otherwise


def _root(paths: list[str], where: str) -> str:
    """The folders put around the export, "" or with a slash at the end. Raises Refused."""
    split = [path.rpartition("/") for path in paths]
    days = [folder for folder, _, name in split if folder and _DAY.fullmatch(name)]
    roots = {folder for folder, _, name in split if name in CHANNEL_FILES or name in USER_FILES}
    if not days and not any(name in CHANNEL_FILES for _, _, name in split):
        _refuse(paths, where)
    roots = roots or {folder.rpartition("/")[0] for folder in days}
    depth = min(root.count("/") + bool(root) for root in roots)
    tops = [root for root in roots if root.count("/") + bool(root) == depth]
    if len(tops) > 1 and len(above := {root.rpartition("/")[0] for root in tops}) == 1:
        outer, _, folder = above.pop().rpartition("/")
        tops = [outer] if folder == "teams" else tops  # a Grid of which only the workspaces were kept
    if len(tops) > 1:
        what = f"{len(tops)} exports side by side in one archive"
        raise Refused(what, where=where, remedy="land each export as its own ZIP")
    return f"{tops[0]}/" if tops[0] else ""


def _refuse(paths: list[str], where: str) -> NoReturn:
    """One clear sentence for each layout that looks like Slack and is not its JSON export."""
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
