"""Delimited text of any make -> batches of strings, with the row that each stands in. Memory stays flat.

`examine` reads the bytes once: what cannot be text is refused, the encoding (UTF-8 with or without BOM, else
Windows-1252, which contains ISO-8859-1), the delimiter and the header are found out. Where UTF-8 is broken in some
places, and more of it is whole, these are replaced: as Windows-1252 all other letters would be wrong. `rows` reads
the bytes again as batches. A row is named as a spreadsheet shows it: the header is row 1; blank lines do not count, a
cell of several lines does not either.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from throughline.source import Refused

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from throughline.landing import LandingFile

DELIMITERS: Final = (",", "\t", ";", "|", "^", "`")  # those that the Bulk API offers
CHUNK_BYTES: Final = 1 << 20
HEAD_BYTES: Final = 1 << 16  # the widest object known has 110 columns, 2 KB of names
BLOCK_BYTES: Final = 4 << 20  # a row must fit into one: 30 columns of the longest text field (131,072)
OTHER_ROWS: Final = 10_000  # in a batch

Chunks = Callable[[], Iterator[bytes]]

_BOM = codecs.BOM_UTF8
# possessive: an open quote must not be tried in every pairing
_HEADER = re.compile(rb'[\r\n]*((?:[^"\r\n]|"(?:[^"]|"")*+")*+)(?:\r\n|\n|\r|\Z)')
_SEPARATOR_LINE = re.compile(rb"sep=(.)[\r\n]+")  # written by spreadsheets for spreadsheets
_NOT_TEXT: Final = {
    b"PK\x03\x04": "a spreadsheet workbook or an archive",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet workbook",
    b"\x1f\x8b": "a compressed file",
    codecs.BOM_UTF16_LE: "UTF-16 text",
    codecs.BOM_UTF16_BE: "UTF-16 text",
    b"<": "a web page",
}


@dataclass(frozen=True)
class Sheet:
    """A delimited text as examined. body_offset: where the rows begin, in bytes without NULs; 0: it has no header.
    broken: how many characters are no UTF-8. width: how many cells most of its rows have, by the first."""

    place: str
    header: tuple[str, ...]
    delimiter: str
    encoding: str
    body_offset: int
    width: int
    broken: int = 0


@dataclass(frozen=True)
class Rows:
    """records: RecordBatch[n] of nullable strings; numbers: the row that each of them stands in."""

    records: pa.RecordBatch
    numbers: Sequence[int]


@dataclass(frozen=True)
class Misfit:
    """A row with another number of cells than the header."""

    number: int


def of_file(file: LandingFile) -> Chunks:
    """The bytes of a file, from its beginning at each call."""

    def chunks() -> Iterator[bytes]:
        with file.open() as stream:
            while piece := stream.read(CHUNK_BYTES):
                yield piece

    return chunks


def head(chunks: Chunks, place: str, is_known: Callable[[str], bool]) -> Sheet:
    """Header and delimiter, from the first bytes only; the encoding is a guess. Raises Refused."""
    first = b""
    for piece in chunks():
        first += piece
        if len(first) >= HEAD_BYTES:
            break
    return _sheet(first, place, is_known, "utf-8" if _is_utf8(first) else "cp1252")


def examine(
    chunks: Chunks, place: str, is_known: Callable[[str], bool], header: tuple[str, ...] | None = None
) -> Sheet:
    """Read all bytes once. `is_known` tells header cells that mean something; the delimiter showing most of them wins.

    header: the names of the columns of a text that has none itself and is divided by commas. A row of such a text may
    lack the last ones: it was written before they were added.

    Raises Refused: empty, no text, no header, broken UTF-8 after a BOM, a quoted cell that is never closed.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    first, quotes, broken, whole = b"", 0, 0, 0  # whole: bytes beyond the first of characters that are UTF-8
    for piece in chunks():
        first += piece if len(first) < HEAD_BYTES else b""
        quotes += piece.count(b'"')
        if not piece.isascii() or decoder.getstate()[0]:
            text = decoder.decode(piece)
            broken += text.count("\ufffd")
            whole += len(piece) - len(text)
    whole -= len(decoder.getstate()[0]) + (2 if first.startswith(_BOM) else 0)
    broken += len(decoder.decode(b"", final=True))
    is_utf8 = not broken or whole > broken
    sheet = _sheet(first, place, is_known, "utf-8" if is_utf8 else "cp1252", header)
    sheet = replace(sheet, broken=broken if is_utf8 else 0)
    if not is_utf8 and first.startswith(_BOM):
        raise Refused("says it is UTF-8 and is not", where=place, remedy="export it again, and save it as UTF-8")
    if quotes % 2:
        remedy = "it may have been cut off while copying: copy or export it again"
        raise Refused("ends inside a quoted cell", where=place, remedy=remedy)
    return sheet


def rows(sheet: Sheet, chunks: Chunks, columns: Mapping[str, int], nulls: Sequence[str]) -> Iterator[Rows | Misfit]:
    """The rows, with the named columns only (name -> position in the header). `nulls`: spellings of nothing."""
    from pyarrow import csv as arrow_csv

    misfits: list[int] = []
    wrong: deque[int] = deque()  # those of them that are no rows
    others = _Others(columns, nulls)

    def misfit(row: Any) -> str:
        misfits.append(row.number)
        if sheet.body_offset or row.actual_columns > len(sheet.header) or not others.add(row.number, row.text):
            wrong.append(row.number)
        return "skip"

    body = _Blocks(_Body(_clean(sheet, chunks)), CHUNK_BYTES)
    if not body.peek(1):
        return
    names = [str(position) for position in range(sheet.width)]
    positions = sorted(position for position in set(columns.values()) if position < sheet.width) or [0]
    convert = arrow_csv.ConvertOptions(
        column_types={names[position]: pa.string() for position in positions},
        include_columns=[names[position] for position in positions],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
        null_values=list(nulls),
    )
    parse = arrow_csv.ParseOptions(delimiter=sheet.delimiter, newlines_in_values=True, invalid_row_handler=misfit)
    read = arrow_csv.ReadOptions(column_names=names, block_size=BLOCK_BYTES, use_threads=False)
    header_rows = 1 if sheet.body_offset else 0
    following = 1
    try:
        with arrow_csv.open_csv(
            pa.PythonFile(body, mode="r"), read_options=read, parse_options=parse, convert_options=convert
        ) as reader:
            for batch in reader:
                numbers, following = _numbers(following, batch.num_rows, misfits, header_rows)
                nothing = pa.nulls(batch.num_rows, pa.string())
                found = dict(zip(positions, batch.columns, strict=True))
                records = [found.get(position, nothing) for position in columns.values()]
                if batch.num_rows:
                    yield Rows(pa.RecordBatch.from_arrays(records, names=list(columns)), numbers)
                del misfits[: bisect_left(misfits, following)]
                while wrong and wrong[0] < following:
                    yield Misfit(wrong.popleft() + header_rows)
                yield from others.take()
    except pa.ArrowInvalid:
        remedy = f"a row may be larger than {BLOCK_BYTES >> 20} MB, or no delimited text follows the header"
        raise Refused("cannot be read as delimited text", where=sheet.place, remedy=remedy) from None
    yield from (Misfit(number + header_rows) for number in wrong)
    yield from others.take()


def _sheet(
    first: bytes, place: str, is_known: Callable[[str], bool], encoding: str, header: tuple[str, ...] | None = None
) -> Sheet:
    if not first.strip(b"\x00\r\n \t" + _BOM):
        raise Refused("is empty", where=place, remedy="export it again; the tool wrote nothing")
    bare = first.removeprefix(_BOM)
    for magic, what in _NOT_TEXT.items():
        if bare.startswith(magic):
            raise Refused(f"is {what}, not delimited text", where=place, remedy="save it as CSV in UTF-8")
    if first.count(b"\x00") > len(first) // 4:
        raise Refused("is UTF-16 text", where=place, remedy="save it as CSV in UTF-8")
    if header:
        return Sheet(place, header, ",", encoding, 0, _width(bare.decode(encoding, errors="replace"), len(header)))
    bare = bare.replace(b"\x00", b"")
    declared = _SEPARATOR_LINE.match(bare)
    start = declared.end() if declared else 0
    found = _HEADER.match(bare, start)
    if not found or not found[1].strip():
        raise Refused("has no header line", where=place, remedy="the first line names the columns")
    if len(found[1]) > HEAD_BYTES:
        what = f"has a first line of more than {HEAD_BYTES >> 10} KB, which is no header"
        raise Refused(what, where=place, remedy="the first line names the columns")
    text = found[1].decode(encoding, errors="replace")
    choices = [declared[1].decode("latin-1")] if declared else DELIMITERS
    headers = {
        sign: tuple(cell.strip() for cell in next(csv.reader(io.StringIO(text, newline=""), delimiter=sign)))
        for sign in choices
    }
    delimiter = max(headers, key=lambda sign: (sum(map(is_known, headers[sign])), len(headers[sign])))
    return Sheet(place, headers[delimiter], delimiter, encoding, found.end(), len(headers[delimiter]))


def _width(text: str, most: int) -> int:
    """How many cells the first row has; `most` where that cannot be told."""
    try:
        first = next(filter(None, csv.reader(io.StringIO(text, newline=""))), ())
    except csv.Error:  # a cell of more than 128 KB
        return most
    return min(len(first), most) or most


def _is_utf8(piece: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(piece)
    except UnicodeDecodeError:
        return False
    return True


def _clean(sheet: Sheet, chunks: Chunks) -> Iterator[bytes]:
    """The bytes after the header, as UTF-8, without BOM and NULs."""
    skip, is_first = sheet.body_offset, True
    decoder = codecs.getincrementaldecoder(sheet.encoding)("replace")
    for chunk in chunks():
        piece = (chunk.removeprefix(_BOM) if is_first else chunk).replace(b"\x00", b"")
        is_first = False
        skip, piece = max(0, skip - len(piece)), piece[skip:]
        if sheet.broken or (sheet.encoding != "utf-8" and not piece.isascii()):
            piece = decoder.decode(piece).encode()
        if piece:
            yield piece
    if end := decoder.decode(b"", final=True):
        yield end.encode()


def _numbers(following: int, count: int, misfits: Sequence[int], header_rows: int) -> tuple[Sequence[int], int]:
    """The next `count` row numbers that are no misfits (as shown: header is row 1), and what follows them."""
    if not misfits or misfits[-1] < following:
        return range(following + header_rows, following + count + header_rows), following + count
    taken = set(misfits)
    numbers: list[int] = []
    while len(numbers) < count or following in taken:
        if following not in taken:
            numbers.append(following + header_rows)
        following += 1
    return numbers, following


class _Others:
    """Rows of a text divided by commas that have fewer or more cells than most; only the wanted columns are held."""

    def __init__(self, columns: Mapping[str, int], nulls: Sequence[str]) -> None:
        self._columns, self._nulls = columns, frozenset(nulls)
        self._cells: list[list[str | None]] = []
        self._numbers: list[int] = []
        self._full: list[Rows] = []

    def add(self, number: int, text: str) -> bool:
        """Whether it is a row."""
        try:
            found = next(csv.reader(io.StringIO(text, newline="")))
        except csv.Error:
            return False
        cells = [found[at] if at < len(found) else None for at in self._columns.values()]
        self._cells.append([None if cell in self._nulls else cell for cell in cells])
        self._numbers.append(number)
        if len(self._numbers) == OTHER_ROWS:
            self._pack()
        return True

    def take(self) -> list[Rows]:
        """What was added since the last time."""
        if self._numbers:
            self._pack()
        taken, self._full = self._full, []
        return taken

    def _pack(self) -> None:
        columns = [pa.array(column, pa.string()) for column in zip(*self._cells, strict=True)]
        self._full.append(Rows(pa.RecordBatch.from_arrays(columns, names=list(self._columns)), self._numbers))
        self._cells, self._numbers = [], []


class _Body(io.RawIOBase):
    """An iterator of bytes as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        size = min(len(view), len(self._rest))
        view[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


class _Blocks(io.BufferedReader):
    """No block ends with CR: Arrow drops a LF at the start of the next one, even where both stand within quotes."""

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        while piece.endswith(b"\r") and (following := super().read(1)):
            piece += following
        return piece
