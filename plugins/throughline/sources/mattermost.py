"""Mattermost exports -> messages, mentions, reactions, spaces, accounts. Three makes, told apart by their content:

- bulk export (mmctl export; JSONL, alone or in its ZIP): posts with replies and timed reactions, users with e-mail;
- compliance export as CSV (posts.csv, alone or in its ZIP): replies and e-mail addresses, no reactions;
- compliance export as Actiance XML (alone or in its ZIP): neither threads nor reactions.
A ZIP may hold several of one make, such as the folders of successive days, each below a folder of its own.
Land one make of one server, not several: a bulk export has no ids of posts, so the same post is another one there.

An account is its username, in Actiance XML its e-mail address. Ids of messages and spaces hold usernames in a bulk
export, so they are keyed as people are, in namespaces of their own. A post of a bulk export is identified by channel,
author and millisecond. Any @name counts as a mention. Posts of the system are flagged, not left out.

Left out on purpose: text (reduced to features), names, display names, files, and of compliance exports what notes
membership and earlier texts of edited posts. XML that declares a document type is refused unread.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from throughline.landing import Archive, LandingFile
from throughline.reading import mattermost_bulk, mattermost_compliance
from throughline.reading.chat_rows import ChatRows
from throughline.reading.lines import pieces
from throughline.source import Ignored, Parsed, Refused, Source, Table
from throughline.sources import shapes

_KEYED: Final = {
    "message_id": "mattermost_message",
    "parent_id": "mattermost_message",
    "space_id": "mattermost_space",
}


def _keyed(table: Table) -> Table:
    own = {column: namespace for column, namespace in _KEYED.items() if column in table.schema.names}
    return replace(table, people={**table.people, **own})


TABLES: Final = tuple(
    _keyed(shape("mattermost"))
    for shape in (shapes.messages, shapes.mentions, shapes.reactions, shapes.spaces, shapes.accounts)
)
_READERS: Final = {
    ".jsonl": mattermost_bulk.read,
    ".csv": mattermost_compliance.read_csv,
    ".xml": mattermost_compliance.read_xml,
}
_BESIDE: Final = ("metadata.json", "warning.txt")


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the rows of one export. Raises Refused for other or damaged files. Memory: one record."""
    rows = ChatRows(TABLES)
    name = file.name.lower().removesuffix(".gz")
    if name.endswith(".zip"):
        with Archive(file.content, file.name) as archive:
            yield from _archive(archive, rows)
    else:
        yield from _READERS[PurePosixPath(name).suffix](pieces(file), file.name, rows)
    yield from rows.batches(rest=True)


def _archive(archive: Archive, rows: ChatRows) -> Iterator[Parsed]:
    members = archive.members()
    exports = sorted(member for member in members if _is_export(PurePosixPath(member)))
    makes = {PurePosixPath(member).suffix for member in exports}
    if len(makes) != 1:
        count = "several makes of" if makes else "no"
        what = f"holds {count} export (posts.csv, actiance_export.xml or a .jsonl file)"
        if any(member.lower().endswith(".zip") for member in members):
            what = "an archive of archives"
        raise Refused(what, where=archive.name, remedy="land each export or batch as Mattermost made it, one a ZIP")
    read = _READERS[makes.pop()]
    for member in exports:
        yield from read(archive.chunks(member), f"{archive.name} » {member}", rows)
    others = [name for name in set(members).difference(exports) if PurePosixPath(name).name not in _BESIDE]
    if others:
        yield Ignored(f"{archive.name} » other files", f"{len(others):,} files that people attached are not read")


def _is_export(path: PurePosixPath) -> bool:
    """Files that people attached lie in data/ (bulk) or files/ (compliance)."""
    is_named = path.suffix == ".jsonl" or path.name in ("posts.csv", "actiance_export.xml")
    return is_named and not {"data", "files"}.intersection(path.parts[:-1])


SOURCE: Final = Source(
    "mattermost",
    "Mattermost export",
    (".jsonl", ".jsonl.gz", ".zip", ".csv", ".xml"),
    TABLES,
    parse,
    headers=(mattermost_compliance.FORM.header(), *mattermost_bulk.FIELDS.values()),
)
