"""Small YAML files of plain values: read safely, walked with types, refused with the field's name.

Only values: at most 64 KiB, one document, no anchors, aliases, tags, merges or repeated keys, shallow nesting.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, Final

import yaml

from throughline.source import Refused

MAX_BYTES: Final = 64 * 1024
MAX_DEPTH: Final = 8


def load(content: bytes, where: str) -> dict[str, Any]:
    """The mapping that a file holds. Raises Refused."""
    if len(content) > MAX_BYTES:
        raise Refused(f"is larger than {MAX_BYTES // 1024} KiB", where=where, remedy="it holds more than plain values")
    try:
        text = content.decode("utf-8-sig")
        _check(text, where)
        found = yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader that also refuses repeated keys
    except UnicodeDecodeError:
        raise Refused("is not UTF-8", where=where, remedy="save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}" if error.problem_mark else "somewhere"
        raise Refused(
            f"is no valid YAML ({line})", where=where, remedy="check indentation, colons and quotes"
        ) from None
    except (yaml.YAMLError, ValueError):
        remedy = "check for dates that do not exist and for control characters"
        raise Refused("holds a value that cannot be read", where=where, remedy=remedy) from None
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise Refused(
            "is not a mapping of fields", where=where, remedy="write one field a line, as in `id: my-purpose`"
        )
    return found


@dataclass(frozen=True)
class Section:
    """A mapping inside a file; `path` names it in refusals."""

    values: Mapping[str, Any]
    where: str
    path: str = ""
    unknown: list[str] = field(default_factory=list)

    def only(self, *known: str) -> Section:
        """Itself, after noting fields of other names with what may have been meant."""
        for name in self.values:
            if name not in known:
                close = get_close_matches(str(name), known, n=1)
                self.unknown.append(f"{self.path}{name}" + (f" (did you mean {close[0]}?)" if close else ""))
        return self

    def text(self, name: str) -> str | None:
        return (self._get(name, str, "a text; put it in quotes if it looks like a number") or "").strip() or None

    def flag(self, name: str) -> bool | None:
        found: bool | None = self._get(name, bool, "true or false")
        return found

    def day(self, name: str) -> date | None:
        return self._day(self.values.get(name), name)

    def number(self, name: str) -> float | None:
        value = self._get(name, (int, float), "a number without quotes or units")
        if value is not None and (isinstance(value, bool) or not math.isfinite(value)):
            raise self.refused(name, "must be a finite number")
        return None if value is None else float(value)

    def whole(self, name: str) -> int | None:
        value = self.number(name)
        if value is not None and (value != int(value) or value < 0):
            raise self.refused(name, "must be a whole number, 0 or more")
        return None if value is None else int(value)

    def one_of(self, name: str, known: tuple[str, ...]) -> str | None:
        value = self.text(name)
        if value is not None and value not in known:
            raise self.refused(name, f"must be one of {', '.join(known)}")
        return value

    def section(self, name: str, *known: str) -> Section:
        """The mapping below a field; an empty one where it is missing."""
        value = self._get(name, dict, f"a mapping of {', '.join(known)}")
        return Section(value or {}, self.where, f"{self.path}{name}.", self.unknown).only(*known)

    def texts(self, name: str) -> list[str]:
        """A list of texts, each once."""
        values = self._get(name, list, "a list of texts") or []
        if not all(isinstance(value, str) and value.strip() for value in values):
            raise self.refused(name, "must be a list of texts; put what looks like a number in quotes")
        return list(dict.fromkeys(value.strip() for value in values))

    def sections(self, name: str, *known: str) -> Iterator[Section]:
        """A list of mappings."""
        values = self._get(name, list, "a list of mappings") or []
        for number, value in enumerate(values, 1):
            if not isinstance(value, dict):
                raise self.refused(name, f"must be a list of mappings of {', '.join(known)}")
            yield Section(value, self.where, f"{self.path}{name}[{number}].", self.unknown).only(*known)

    def days(self, name: str) -> tuple[date, date] | None:
        """A window [from, until]."""
        values = self._get(name, list, "two dates, [from, until]")
        if values is None:
            return None
        if len(values) != 2 or (begin := self._day(values[0], name)) is None:
            raise self.refused(name, "must be two dates, [from, until]")
        if (end := self._day(values[1], name)) is None or end <= begin:
            raise self.refused(name, "must end after it begins")
        return begin, end

    def dates(self, name: str) -> list[date]:
        """A list of dates."""
        days = [self._day(value, name) for value in self._get(name, list, "a list of dates") or []]
        if None in days:
            raise self.refused(name, "must be a list of dates")
        return [day for day in days if day is not None]

    def refused(self, name: str, what: str, remedy: str = "mend the field and drop the file again") -> Refused:
        return Refused(f"{self.path}{name} {what}", where=self.where, remedy=remedy)

    def _day(self, value: Any, name: str) -> date | None:
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value)
            except ValueError:
                value = ...
        if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
            raise self.refused(name, "must be a date, YYYY-MM-DD")
        return value

    def _get(self, name: str, kind: type | tuple[type, ...], what: str) -> Any:
        value = self.values.get(name)
        if value is not None and not isinstance(value, kind):
            raise self.refused(name, f"must be {what}")
        return value


class _Loader(yaml.SafeLoader):
    """The safe loader, strict about keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        if len(set(map(str, keys))) < len(keys):
            raise yaml.MarkedYAMLError(problem="a repeated key", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def _check(text: str, where: str) -> None:
    """Refuse by the stream of events, before anything is built."""
    depth = documents = 0
    remedy = "write plain values only"
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Refused("uses anchors or aliases", where=where, remedy=remedy)
        if getattr(event, "tag", None) is not None:
            raise Refused("uses tags", where=where, remedy=remedy)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > MAX_DEPTH:
            raise Refused(f"is nested more than {MAX_DEPTH} levels deep", where=where, remedy=remedy)
        if documents > 1:
            raise Refused("holds several documents", where=where, remedy="one file each")
