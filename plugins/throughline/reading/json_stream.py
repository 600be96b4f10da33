"""JSON as Graph and its tools write it -> records one by one; memory holds one window, not the file.

Taken: a list of records, pages {"value": [...]} of the OData protocol, JSON lines, and any row of these. Names in
PascalCase, as .NET writes them, become camelCase. UTF-8 with or without byte order mark, UTF-16 with one.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from throughline.source import Refused

MAX_RECORD_CHARS: Final = 16 << 20  # a message has at most 100 KB, a page 50 messages

_PAGE = re.compile(
    r'\{\s*(?:"@[^"\\]*"\s*:\s*(?:"(?:[^"\\]|\\.)*"|[\d.eE+-]+|true|false|null)\s*,\s*)*"[Vv]alue"\s*:\s*(?=\[)'
)
_SPACE = re.compile(r"\s*")
_PAGE_HEAD_CHARS: Final = 1 << 14


def records(chunks: Callable[[], Iterator[bytes]], place: str) -> Iterator[Any]:
    """Every record in order, an object or whatever stands in its place. Raises Refused: no text, no JSON, cut off."""
    window = _Window(chunks(), place)
    while (sign := window.sign()) != "":
        if sign == "[":
            yield from _items(window)
        elif window.passes(_PAGE):
            yield from _items(window)
            while window.takes(","):
                window.value()
                window.expects(":")
                window.value()
            window.expects("}")
        else:
            yield from _flat(window.value())


def _items(window: _Window) -> Iterator[Any]:
    window.expects("[")
    if window.takes("]"):
        return
    while True:
        yield from _flat(window.value())
        if window.takes("]"):
            return
        window.expects(",")


def _flat(value: Any) -> Iterator[Any]:
    """The records of a page, else the value itself."""
    if isinstance(value, dict) and isinstance(value.get("value"), list) and "id" not in value:
        yield from value["value"]
    else:
        yield value


def _camel(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Names start in lower case; half a surrogate pair, left where a text was cut, becomes a question mark."""
    return {
        name[:1].lower() + name[1:]: value.encode(errors="replace").decode()
        if isinstance(value, str) and not value.isascii()
        else value
        for name, value in pairs
    }


class _Window:
    """The part of the text that is being read, from `_at` on."""

    def __init__(self, pieces: Iterator[bytes], place: str) -> None:
        self._place, self._pieces = place, pieces
        self._text, self._at, self._values, self._is_over = "", 0, 0, False
        self._decode = json.JSONDecoder(object_pairs_hook=_camel).raw_decode
        first = next(pieces, b"")
        is_utf16 = first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        self._bytes = codecs.getincrementaldecoder("utf-16" if is_utf16 else "utf-8-sig")()
        self._add(first)
        if not self.sign():
            raise Refused("is empty", where=place, remedy="export it again; the tool wrote nothing")

    def sign(self) -> str:
        """The next character that is no space, "" at the end."""
        while True:
            match = _SPACE.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def takes(self, sign: str) -> bool:
        """Whether that sign follows; then it is passed."""
        if self.sign() != sign:
            return False
        self._at += 1
        return True

    def expects(self, sign: str) -> None:
        if not self.takes(sign):
            raise self._broken()

    def passes(self, pattern: re.Pattern[str]) -> bool:
        """Whether that pattern follows; then it is passed."""
        while len(self._text) - self._at < _PAGE_HEAD_CHARS and self._more():
            pass
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return match is not None

    def value(self) -> Any:
        """The next value, whole."""
        self.sign()
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except (ValueError, RecursionError):
                end = -1
            # a number at the end of the window may go on after it
            if 0 <= end < len(self._text) or (end >= 0 and not self._more()):
                self._at = end
                self._values += 1
                return value
            if len(self._text) - self._at > MAX_RECORD_CHARS:
                remedy = "export fewer records a page, or put value before the other names of a page"
                what = (
                    f"record {self._values + 1} is no JSON, or longer than {MAX_RECORD_CHARS >> 20} million characters"
                )
                raise Refused(what, where=self._place, remedy=remedy)
            if end < 0 and not self._more():
                raise self._broken()

    def _more(self) -> bool:
        """Read on; what was passed is let go. False at the end."""
        if self._is_over:
            return False
        self._add(next(self._pieces, b""))
        return True

    def _add(self, piece: bytes) -> None:
        self._is_over = not piece
        try:
            text = self._bytes.decode(piece, final=self._is_over)
        except UnicodeDecodeError:
            remedy = "save it as UTF-8, or export it again"
            raise Refused(f"is not UTF-8 text after record {self._values}", where=self._place, remedy=remedy) from None
        self._text, self._at = self._text[self._at :] + text, 0

    def _broken(self) -> Refused:
        what = f"is not JSON, or cut off, after record {self._values}"
        return Refused(
            what, where=self._place, remedy="it may have been cut off while copying: copy or export it again"
        )
