"""Fields of nested records (JSON, BSON) -> the account that a header gives of columns; of a sample, by names alone.

A Header names the fields at the top of one kind of record, and in objects that matter (of a list of them: in the first)
those below, as outer.inner. Objects whose names are data (maps by person or emoji) are not looked into.

Used: seen in the sample. New: seen, and neither declared nor left out on purpose; those that only records outside the
sample bear go unseen. Missing: not seen at all, of those fields alone that a tool writes with every record of a kind;
one that it writes where it applies (Header.sometimes) lacks nothing where it is absent. A kind of which there is no
record tells nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Set
from typing import Any, Final

import msgspec

from throughline.source import Columns, Header

EACH: Final = 500  # the first records of a kind are all looked at,
EVERY: Final = 20  # of later ones one in so many
LISTED: Final = 500  # of a list that is at hand as a whole, spread over it
MOST_NAMES: Final = 500  # somebody's map in place of a record would have names without end
HEAD_BYTES: Final = 1 << 15

_RAW: Final = msgspec.json.Decoder(list[msgspec.Raw])
_BETWEEN: Final = re.compile(r"[\s\ufeff\[,]*")
_DECODE: Final = json.JSONDecoder().raw_decode


def kind(table: str, *, required: str, optional: str = "", sometimes: str = "", left_out: str = "") -> Header:
    """The fields of a kind of record whose rows go to `table`, each text a list of names; `left_out` may end in *."""
    needed, given, applying, known = (tuple(names.split()) for names in (required, optional, sometimes, left_out))
    return Header(table, needed, given, known, applying)


def outer_names(header: Header) -> frozenset[str]:
    """The objects that are looked into."""
    declared = (*header.required, *header.optional, *header.sometimes, *header.left_out)
    return frozenset(name[:at] for name in declared for at, sign in enumerate(name) if sign == ".")


def names(record: Any, outer: Set[str], above: str = "") -> set[str]:
    """Of one record, in place of an object in `outer` the names in it as outer.inner; of what is no record none."""
    found: set[str] = set()
    for name, value in record.items() if isinstance(record, dict) else ():
        path = above + name
        if path in outer:
            found |= names(value[0] if isinstance(value, list) and value else value, outer, f"{path}.")
        else:
            found.add(path)
    return found


def first(data: bytes, count: int) -> Iterator[Any]:
    """Up to `count` records at the head of a JSON list, as far as they can be read; the rest is not touched."""
    text, at = data[: HEAD_BYTES if count else 0].decode(errors="replace"), 0
    for _ in range(count):
        between = _BETWEEN.match(text, at)
        try:
            record, at = _DECODE(text, between.end() if between else at)
        except (ValueError, RecursionError):
            return
        yield record


class Sample:
    """The names of the fields that records of one kind bear."""

    def __init__(self, header: Header) -> None:
        self._header, self._outer = header, outer_names(header)
        self._count = 0
        self._names: set[str] = set()

    def add(self, record: Any) -> None:
        """Look at one more record, or pass it by; bytes are decoded if it is looked at."""
        self._count += 1
        if self._count <= EACH or not self._count % EVERY:
            self.see(names(_decoded(record), self._outer))

    def add_list(self, data: bytes) -> None:
        """LISTED records of a JSON list, spread evenly; where it is not quite JSON, those at its head."""
        found: Iterable[Any]
        try:
            records = _RAW.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            found = first(data, LISTED)
        else:
            found = records[:: 1 + (len(records) - 1) // LISTED or 1]
        for record in found:
            self.see(names(_decoded(record), self._outer))

    def see(self, found: Set[str]) -> None:
        """Names that were seen elsewhere."""
        if len(self._names) < MOST_NAMES:
            self._names |= found

    def told(self) -> Iterator[Columns]:
        """The account; none where there was no record."""
        from throughline.reading.fields import shown

        if not self._names:
            return
        header = self._header
        read = (*header.required, *header.optional, *header.sometimes)
        endings = tuple(name.removesuffix("*") for name in header.left_out if name.endswith("*"))
        strange = sorted(self._names.difference(read, header.left_out))
        yield Columns(
            header.table,
            used=tuple(name for name in read if name in self._names),
            missing=tuple(name for name in (*header.required, *header.optional) if name not in self._names),
            new=tuple(dict.fromkeys(shown(name) for name in strange if not name.startswith(endings))),
        )


def _decoded(record: Any) -> Any:
    """Of bytes the record; what cannot be read is told by whoever reads it."""
    if not isinstance(record, (bytes, msgspec.Raw)):
        return record
    try:
        return msgspec.json.decode(record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
