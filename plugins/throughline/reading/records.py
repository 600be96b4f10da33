"""A JSON list as typed records: at full speed when everything fits, record by record when something does not."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, get_args

import msgspec

from throughline.source import Ignored

_FIELD = re.compile(r"at `\$\.(\w+)")  # of a record, as an error names it


@dataclass
class Records:
    """The readable records with their numbers in the list, from 1; `wrong`: number and reason of each other one;
    `spared`: field -> how many records were read without it."""

    records: list[Any]
    numbers: Sequence[int]
    wrong: list[tuple[int, str]] = field(default_factory=list)
    spared: Counter[str] = field(default_factory=Counter)


class Unreadable(Exception):  # noqa: N818  # an answer to bad input, not an error of the program
    """Bytes that are no JSON list at all: what is wrong, and `at`: ", line 3, column 5" or ""."""

    def __init__(self, reason: str, at: str = "") -> None:
        self.reason, self.at = reason, at
        super().__init__(reason + at)


def read_list(data: bytes, decoder: msgspec.json.Decoder[list[Any]], spare: Collection[str] = ()) -> Records:
    """The records of one JSON file. Raises Unreadable when it is no list of records; reasons hold no values.

    spare: fields without which a record is read where they cannot be.
    """
    try:
        records = decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _one_by_one(_items(data), get_args(decoder.type)[0], spare)
    return Records(records, range(1, len(records) + 1))


def _items(data: bytes) -> list[Any]:
    """The list as plain objects. Takes what msgspec refuses: a byte order mark, half a surrogate pair."""
    if not data.strip():
        raise Unreadable("the file is empty")
    try:
        items = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable("it is not UTF-8", f", line {line}") from None
    except json.JSONDecodeError as error:
        raise Unreadable("it is not JSON, or cut off", f", line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError):
        raise Unreadable("its JSON is nested too deeply, or holds a number that is too long") from None
    if not isinstance(items, list):
        raise Unreadable("it is JSON, but not a list of records")
    return items


def _one_by_one(items: list[Any], kind: type, spare: Collection[str]) -> Records:
    numbers: list[int] = []
    found = Records([], numbers)
    for number, item in enumerate(items, 1):
        if item == "":  # Slack writes [""] for an empty list
            continue
        try:
            found.records.append(sparing(item, partial(decoded, kind=kind), spare, found.spared))
            numbers.append(number)
        except msgspec.ValidationError as error:
            found.wrong.append((number, str(error)))  # names the field and the types, never the value
        except msgspec.DecodeError:
            found.wrong.append((number, "holds a number that JSON does not know"))
    return found


def decoded(item: Any, kind: type) -> Any:
    """A plain object as a typed record. Raises msgspec.DecodeError."""
    # half a surrogate pair, left where a text was cut, becomes a question mark
    return msgspec.json.decode(json.dumps(item, ensure_ascii=False).encode(errors="replace"), type=kind)


def sparing(item: Any, read: Callable[[Any], Any], spare: Collection[str], spared: Counter[str]) -> Any:
    """One record, without those of the spare fields that cannot be read, which are counted. Raises what `read` does."""
    without: list[str] = []
    while True:
        try:
            record = read(item)
        except msgspec.ValidationError as error:
            found = _FIELD.search(str(error))
            if found is None or found[1] not in spare:
                raise
            without.append(found[1])
            item = {name: value for name, value in item.items() if name != found[1]}
        else:
            if without:
                spared.update(without)
            return record


def left_out(spared: Counter[str], place: str) -> Iterator[Ignored]:
    """What is said of the fields that were spared: once each."""
    for name, count in sorted(spared.items()):
        yield Ignored(f"{place}, field {name}", f"it cannot be read in {count:,} messages, which are kept without it")
