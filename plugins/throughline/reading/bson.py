"""BSON, as mongodump writes it, as plain values. Memory: one document.

Times become milliseconds since 1970, object ids their hexadecimal text; bytes, code and decimals become None.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Final

MAX_BYTES: Final = 16 << 20  # a document of MongoDB holds 16 MB at most
MAX_DEPTH: Final = 100  # and is nested 100 deep at most
_SIZE = struct.Struct("<i")
_LONG = struct.Struct("<q")
_NUMBERS: Final = {0x01: struct.Struct("<d"), 0x09: _LONG, 0x10: _SIZE, 0x12: _LONG}
_FIXED: Final = {0x06: 0, 0x0A: 0, 0x11: 8, 0x13: 16, 0x7F: 0, 0xFF: 0}
_SIZED: Final = {0x05: 5, 0x0C: 16, 0x0D: 4, 0x0E: 4, 0x0F: 0}  # bytes beside the length that the value begins with


class BsonError(ValueError):
    """Bytes that are no BSON."""


def documents(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Each document of a dump. Raises BsonError where one is cut off or larger than MongoDB allows."""
    rest = bytearray()
    for chunk in chunks:
        rest += chunk
        at = 0
        while len(rest) - at >= 4:
            (size,) = _SIZE.unpack_from(rest, at)
            if not 5 <= size <= MAX_BYTES:
                raise BsonError("a document has an impossible size")
            if len(rest) - at < size:
                break
            yield bytes(rest[at : at + size])
            at += size
        del rest[:at]
    if rest:
        raise BsonError("it is cut off")


def decode(data: bytes) -> dict[str, Any]:
    """One document. Raises BsonError."""
    try:
        found, end = _document(data, 0, 0)
    except (struct.error, IndexError) as error:
        raise BsonError("a document cannot be read") from error
    if end != len(data):
        raise BsonError("a document cannot be read")
    return found


def _document(data: bytes, at: int, depth: int) -> tuple[dict[str, Any], int]:
    (size,) = _SIZE.unpack_from(data, at)
    end = at + size - 1
    if depth > MAX_DEPTH or size < 5 or end >= len(data) or data[end]:
        raise BsonError("a document cannot be read")
    at += 4
    found: dict[str, Any] = {}
    while at < end:
        kind = data[at]
        key, at = _cstring(data, at + 1)
        found[key], at = _value(data, at, kind, depth)
    if at != end:
        raise BsonError("a document cannot be read")
    return found, end + 1


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if packed := _NUMBERS.get(kind):
        return packed.unpack_from(data, at)[0], at + packed.size
    if kind in (0x03, 0x04):
        found, end = _document(data, at, depth + 1)
        return (list(found.values()) if kind == 0x04 else found), end
    if kind == 0x02:
        (size,) = _SIZE.unpack_from(data, at)
        end = at + 4 + size
        if size < 1 or end > len(data):
            raise BsonError("a text cannot be read")
        return data[at + 4 : end - 1].decode(errors="replace"), end
    if kind == 0x07:
        return data[at : at + 12].hex(), at + 12
    if kind == 0x08:
        return data[at] == 1, at + 1
    return None, _end_of(data, at, kind)


def _end_of(data: bytes, at: int, kind: int) -> int:
    """Where a value ends that is not read."""
    if kind in _FIXED:
        return at + _FIXED[kind]
    if kind == 0x0B:  # a regular expression and its options
        return _cstring(data, _cstring(data, at)[1])[1]
    if kind not in _SIZED:
        raise BsonError("a value is of an unknown kind")
    (size,) = _SIZE.unpack_from(data, at)
    if size < 0:
        raise BsonError("a value has an impossible size")
    return at + int(size) + _SIZED[kind]


def _cstring(data: bytes, at: int) -> tuple[str, int]:
    end = data.find(b"\0", at)
    if end < 0:
        raise BsonError("a name cannot be read")
    return data[at:end].decode(errors="replace"), end + 1
