"""The layout of a Synapse Link export in a ZIP: model.json, one folder an entity with CSV parts that have no header.

The model may lie in a folder, and there may be one for each time at which changes were written. Labels of choices are
in OptionsetMetadata/ (OptionsetMetadata, GlobalOptionsetMetadata, StateMetadata, StatusMetadata), with or without a
header, or in the entity stringmap.

Beside the parts of a table may lie hourly copies of them, opportunity/Snapshot/2024-05_1716228000/2024-05.csv. They
still hold what was deleted since, so they are read only where a table has no parts of its own, the newest of each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Final

from throughline.landing import Archive
from throughline.reading import delimited
from throughline.source import Damaged, Refused

MAX_MODEL_BYTES: Final = 64 << 20  # a model of every entity of a large environment has about 20 MB
LABELS: Final = {  # file -> columns as documented
    "optionsetmetadata": "entityname optionsetname option isuserlocalizedlabel localizedlabellanguagecode "
    "localizedlabel",
    "globaloptionsetmetadata": "optionsetname option isuserlocalizedlabel localizedlabellanguagecode localizedlabel "
    "globaloptionsetname",
    "statemetadata": "entityname state isuserlocalizedlabel localizedlabellanguagecode localizedlabel",
    "statusmetadata": "entityname state status isuserlocalizedlabel localizedlabellanguagecode localizedlabel",
}
_COPY: Final = re.compile(r"(?i)(?P<table>.+)/snapshot/(?:(?P<part>[^/]+)_(?P<time>\d{1,18})/)?[^/]+")
_OBJECT_CODES: Final = {"1": "account", "3": "opportunity", "8": "systemuser"}


@dataclass(frozen=True)
class Part:
    """One CSV of an entity; header: its columns by the model, in lower case."""

    entity: str
    place: str
    chunks: delimited.Chunks
    header: tuple[str, ...]

    def sheet(self) -> delimited.Sheet:
        """Raises Refused."""
        return delimited.examine(self.chunks, self.place, lambda _: False, self.header)


@dataclass(frozen=True)
class Link:
    """parts in the order of their folders; labels: (entity, column, option) -> label; entity "" for all entities;
    others: members that no model describes; copies: how many copies of parts were left out."""

    parts: list[Part]
    labels: dict[tuple[str, str, str], str] = field(default_factory=dict)
    damaged: list[Damaged] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
    copies: int = 0

    def of(self, entity: str, column: str) -> dict[str, str]:
        """Option -> label."""
        found = {option: label for (of, at, option), label in self.labels.items() if at == column and of == ""}
        return found | {o: label for (of, at, o), label in self.labels.items() if (of, at) == (entity, column)}


def link(archive: Archive, wanted: Callable[[str, str], bool]) -> Link | None:
    """What an archive holds, None where it has no model.json. wanted: entity and column whose labels are kept."""
    members = archive.members()
    models = sorted(member for member in members if PurePosixPath(member).name.lower() == "model.json")
    if not models:
        return None
    tables = [member for member in members if member.lower().endswith(".csv")]
    current = _current(tables)
    copies = set(tables).difference(current)
    found = Link([], others=set(members).difference(models, copies), copies=len(copies))
    for model in models:
        base, headers = PurePosixPath(model).parent, _headers(archive, model)
        for member in current:
            path = PurePosixPath(member)
            if not path.is_relative_to(base):
                continue
            inside = path.relative_to(base)
            entity = inside.parts[0].removesuffix(".csv").lower() if inside.parts else ""
            place, chunks = f"{archive.name} » {member}", partial(archive.chunks, member)
            if entity in headers:
                found.others.discard(member)
                found.parts.append(Part(entity, place, chunks, headers[entity]))
            if inside.stem.lower() in LABELS:
                found.others.discard(member)
                _labels(found, Part(inside.stem.lower(), place, chunks, ()), wanted)
    for part in found.parts:
        if part.entity == "stringmap":
            _labels(found, part, wanted)
    return found


def _current(members: list[str]) -> list[str]:
    """Without the copies of what is there itself, and the older ones of what is not."""
    copies = {member: found for member in members if (found := _COPY.fullmatch(member))}
    tables = {member.rpartition("/")[0] for member in members if member not in copies}
    newest: dict[tuple[str, str], int] = {}
    for found in copies.values():
        part = found["table"], found["part"]
        newest[part] = max(newest.get(part, 0), int(found["time"] or 0))

    def is_current(member: str) -> bool:
        found = copies.get(member)
        if found is None:
            return True
        is_newest = int(found["time"] or 0) == newest[found["table"], found["part"]]
        return is_newest and found["table"] not in tables

    return list(filter(is_current, members))


def _headers(archive: Archive, model: str) -> dict[str, tuple[str, ...]]:
    """Entity -> its columns."""
    content = b""
    for piece in archive.chunks(model):
        content += piece
        if len(content) > MAX_MODEL_BYTES:
            break
    try:
        entities: Any = json.loads(content.decode("utf-8-sig"))["entities"]
        return {
            str(entity["name"]).lower(): tuple(str(one["name"]).lower() for one in entity["attributes"])
            for entity in entities
            if entity.get("attributes")
        }
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        remedy = "land the whole folder as a ZIP, as Synapse Link wrote it"
        raise Refused("is no model of entities", where=f"{archive.name} » {model}", remedy=remedy) from None


def _labels(found: Link, part: Part, wanted: Callable[[str, str], bool]) -> None:
    """Add the labels of one file; the reader's own language wins over others."""
    try:
        for row in _rows(part):
            option = row.get("option") or row.get("status") or row.get("state") or row.get("attributevalue")
            column = (
                row.get("optionsetname") or row.get("attributename") or part.entity.removesuffix("metadata") + "code"
            )
            entity = (row.get("entityname") or row.get("objecttypecode") or "").lower()
            label, is_own = row.get("localizedlabel") or row.get("value"), row.get("isuserlocalizedlabel")
            at = (_OBJECT_CODES.get(entity, entity), column.lower(), option or "")
            if option and label and wanted(*at[:2]) and ((is_own or "").lower() == "true" or at not in found.labels):
                found.labels[at] = label
    except Refused as refused:
        if refused.what != "is empty":
            found.damaged.append(Damaged(part.place, refused.what, refused.remedy))


def _rows(part: Part) -> Iterator[dict[str, str | None]]:
    header = part.header
    if not header:
        first = delimited.head(part.chunks, part.place, lambda _: False)
        header = () if "localizedlabel" in map(str.lower, first.header) else tuple(LABELS[part.entity].split())
    sheet = delimited.examine(part.chunks, part.place, lambda _: False, header or None)
    columns = {name.lower(): at for at, name in enumerate(sheet.header)}
    for rows in delimited.rows(sheet, part.chunks, columns, ("",)):
        if isinstance(rows, delimited.Rows):
            yield from rows.records.to_pylist()
