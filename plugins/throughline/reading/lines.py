"""Text of one record a line, plain or gzip, as numbered lines. Memory: one line."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from throughline.landing import MAX_RATIO, MAX_UNPACKED_BYTES, RATIO_FROM_BYTES, LandingFile
from throughline.source import Refused

CHUNK_BYTES: Final = 1 << 20
MAX_LINE_BYTES: Final = 64 << 20  # the longest post with all its replies is far below; a file without line ends is not
BROKEN: Final = "the compressed file is damaged or cut off"
AGAIN: Final = "it may have been cut off while copying: copy or export it again"
DOUBTED: Final = "it is not read; check where this file comes from"
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


def pieces(file: LandingFile) -> Iterator[bytes]:
    """The content of a file, unpacked where it is gzip. Raises Refused for what is damaged or unpacks without end."""
    with file.open() as raw:
        is_packed = raw.read(2) == _GZIP
        raw.seek(0)
        stream: BinaryIO | gzip.GzipFile = gzip.GzipFile(fileobj=raw) if is_packed else raw
        limit = max(RATIO_FROM_BYTES, MAX_RATIO * file.size_bytes) if is_packed else MAX_UNPACKED_BYTES
        total = 0
        while piece := _read(stream, file.name):
            total += len(piece)
            if total > limit:
                what = f"it unpacks to more than {limit:,} bytes"
                raise Refused(what, where=file.name, remedy=DOUBTED)
            yield piece


def unpacked(packed: Iterator[bytes], place: str) -> Iterator[bytes]:
    """The content of one gzip file of which the pieces are given. Raises Refused as `pieces`."""
    inflate, size, total = zlib.decompressobj(zlib.MAX_WBITS | 16), 0, 0
    for chunk in packed:
        size, rest = size + len(chunk), chunk
        while rest:
            try:
                piece = inflate.decompress(rest, CHUNK_BYTES)
            except zlib.error:
                raise Refused(BROKEN, where=place, remedy=AGAIN) from None
            total += len(piece)
            if total > max(RATIO_FROM_BYTES, MAX_RATIO * size):
                raise Refused(f"it unpacks to more than {MAX_RATIO} times its size", where=place, remedy=DOUBTED)
            yield piece
            rest = inflate.unconsumed_tail
    if not inflate.eof:
        raise Refused(BROKEN, where=place, remedy=AGAIN)


def lines(chunks: Iterator[bytes], place: str) -> Iterator[tuple[int, bytes]]:
    """Number, from 1, and content of each line that is not blank. Raises Refused for lines without end."""
    return ((number, line) for number, line in enumerate(_split(chunks, place), 1) if line.strip())


def text(chunks: Iterator[bytes], place: str) -> Iterator[str]:
    """Each line with its end, as `csv.reader` wants it; what is not UTF-8 is replaced. Raises Refused as `lines`."""
    return (line.decode(errors="replace") + "\n" for line in _split(chunks, place))


def _split(chunks: Iterator[bytes], place: str) -> Iterator[bytes]:
    rest, is_first = b"", True
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        if whole and is_first:
            whole[0], is_first = whole[0].removeprefix(_BOM), False
        yield from whole
        if len(rest) > MAX_LINE_BYTES:
            what = f"a line is longer than {MAX_LINE_BYTES >> 20} MB"
            raise Refused(what, where=place, remedy="land the file as the tool wrote it, one record a line")
    if rest:
        yield rest.removeprefix(_BOM) if is_first else rest


def _read(stream: BinaryIO | gzip.GzipFile, place: str) -> bytes:
    try:
        return stream.read(CHUNK_BYTES)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise Refused(BROKEN, where=place, remedy=AGAIN) from None
