"""What a source is: frozen data plus one `parse()`; a wrong specification fails when it is constructed.

A parser sees one landing file and yields, in any order and without ever holding the whole file:

- `Batch(table, records)`: records of one table, person identifiers still as the export gives them
  (the lake pseudonymises the columns named in `Table.people` before anything is written);
- `Rejected(table, place, reason)`: one record that cannot be read, named by place, never by content;
- `Damaged(place, reason, remedy)`: a part that cannot be read; the file is quarantined with its other
  rows kept aside, and loads without that part once somebody releases it;
- `Ignored(place, reason)`: a part left out on purpose, reported but harmless;
- `Columns(table, used, missing, new)`: what the header of a tabular part, or a sample of nested records, holds of the
  columns that are declared.

A file that cannot be read at all raises `Refused`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from throughline.landing import LandingFile

TIMESTAMP = pa.timestamp("us", tz="UTC")
AMOUNT = pa.decimal128(18, 2)


class Stopped(Exception):  # noqa: N818  # as its two kinds below: an answer, not an error of the program
    """Why something was not done: what is wrong, where, and the remedy."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """One line: what, where, remedy."""
        parts = [f"{self.where}: {self.what}" if self.where else self.what, self.remedy]
        return "; ".join(part for part in parts if part)


class Refused(Stopped):
    """A file, request or setting that throughline does not take."""


class Unreachable(Stopped):
    """The landing zone or the warehouse does not answer just now: nothing is wrong with the data; a rerun heals."""


class Forbidden(Unreachable):
    """One file may not be read; the others may."""


@dataclass(frozen=True)
class Batch:
    """records: RecordBatch[n, schema of the table]."""

    table: str
    records: pa.RecordBatch


@dataclass(frozen=True)
class Rejected:
    """One record left out. `place` is file and line or member; `reason` holds no value of the record."""

    table: str
    place: str
    reason: str


@dataclass(frozen=True)
class Damaged:
    """A part of the file that cannot be read."""

    place: str
    reason: str
    remedy: str = "export it again, or release the file to load the rest"


@dataclass(frozen=True)
class Ignored:
    """A part of the file left out on purpose."""

    place: str
    reason: str


@dataclass(frozen=True)
class Columns:
    """What a header, or a sample of nested records, holds of a table's declared columns, by the names of the export.

    missing: optional columns that are not there, so NULL; new: neither declared nor left out on purpose.
    """

    table: str
    used: tuple[str, ...]
    missing: tuple[str, ...]
    new: tuple[str, ...]


Parsed = Batch | Rejected | Damaged | Ignored | Columns


@dataclass(frozen=True)
class Table:
    """One table of a source.

    key: columns that identify a record across all exports of this source.
    people: column -> namespace of the identifier in it ("email" is shared by all sources, so it joins them), or
        "{column}" where the namespace of each row stands in a column.
    version: a column that grows when the record changes; of two copies the higher one is current, then the
        copy from the export that was observed last.
    observed: a timestamp column whose maximum tells until when the export has seen the world.
    """

    name: str
    schema: pa.Schema
    key: tuple[str, ...]
    people: Mapping[str, str] = field(default_factory=dict)
    version: str | None = None
    observed: str | None = None

    def __post_init__(self) -> None:
        if not self.key:
            raise ValueError(f"table {self.name}: a table without a key cannot be deduplicated; name its key columns")
        by_row = {namespace.strip("{}") for namespace in self.people.values() if namespace.startswith("{")}
        named = {*self.key, *self.people, *by_row, *filter(None, (self.version, self.observed))}
        if missing := sorted(named - set(self.schema.names)):
            raise ValueError(f"table {self.name}: {', '.join(missing)} not in its schema")
        for column in self.people:
            if self.schema.field(column).type != pa.string():
                raise ValueError(f"table {self.name}: people column {column} must be a string")


@dataclass(frozen=True)
class Header:
    """The columns of one kind of tabular part, by the names that exports mostly give them, or the fields of one kind of
    nested record (of objects in it as outer.inner); it becomes rows of `table`.

    A required one that is missing refuses the file (of records, the record is rejected), an optional one is NULL, one
    that is left out is not read on purpose; any other column is new: recorded, reported and not read. sometimes: fields
    that records bear only where they apply (a reaction, an edit), so that nothing is missing where none is seen.
    """

    table: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    left_out: tuple[str, ...]
    sometimes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """One kind of export: its landing folder, the file name endings it takes, its tables and its parser.

    headers: what an export is declared to hold, one of each kind of tabular part or of nested record.
    observed_from_seen: the export carries no time of its own, so it is a picture of the day it was first seen.
    keeps_versions: a later content under the same name does not replace the earlier one; both are history.
    """

    name: str
    title: str
    endings: tuple[str, ...]
    tables: tuple[Table, ...]
    parse: Callable[[LandingFile], Iterator[Parsed]]
    headers: tuple[Header, ...] = ()
    observed_from_seen: bool = False
    keeps_versions: bool = False

    def __post_init__(self) -> None:
        if not self.name.isidentifier() or self.name != self.name.lower():
            raise ValueError(
                f"source {self.name!r}: a name is a lower-case identifier, it becomes folder and table names"
            )
        if not self.tables:
            raise ValueError(f"source {self.name}: no tables")
        names = [table.name for table in self.tables]
        if len(set(names)) != len(names):
            raise ValueError(f"source {self.name}: two tables share a name")
        if any(not ending.startswith(".") or ending != ending.lower() for ending in self.endings):
            raise ValueError(f"source {self.name}: endings are lower-case and start with a dot")
        if strange := sorted({header.table for header in self.headers} - set(names)):
            raise ValueError(f"source {self.name}: headers of {', '.join(strange)}, which is no table of it")

    def table(self, name: str) -> Table:
        """The table of that name. Raises KeyError."""
        return next(table for table in self.tables if table.name == name) if name in self.names else _missing(name)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(table.name for table in self.tables)


def _missing(name: str) -> Table:
    raise KeyError(name)


def utc(text: str) -> datetime:
    """An ISO date-time with its zone as a UTC datetime. Raises ValueError when the zone is missing."""
    from datetime import UTC

    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone")
    return moment.astimezone(UTC)
