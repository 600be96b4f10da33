"""A wrong specification of a source fails when it is constructed."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from throughline.source import Header, Refused, Source, Table, utc

SCHEMA = pa.schema([("id", pa.string()), ("user_id", pa.string()), ("size", pa.int64())])


def table(**changes: Any) -> Table:
    return Table(**({"name": "things", "schema": SCHEMA, "key": ("id",)} | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"key": ()}, "without a key"),
        ({"key": ("nothing",)}, "nothing not in its schema"),
        ({"people": {"nobody": "slack"}}, "nobody not in its schema"),
        ({"people": {"size": "slack"}}, "size must be a string"),
        ({"version": "later"}, "later not in its schema"),
        ({"observed": "later"}, "later not in its schema"),
    ],
)
def test_a_wrong_table_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        table(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Not A Name"}, "lower-case identifier"),
        ({"tables": ()}, "no tables"),
        ({"tables": (table(), table())}, "share a name"),
        ({"endings": ("zip",)}, "start with a dot"),
        ({"headers": (Header("others", ("id",), (), ()),)}, "headers of others, which is no table of it"),
    ],
)
def test_a_wrong_source_is_refused(changes: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {
        "name": "x", "title": "X", "endings": (".zip",), "tables": (table(),), "parse": lambda _file: iter(())
    }  # fmt: skip
    assert Source(**given).table("things").key == ("id",)
    with pytest.raises(ValueError, match=message):
        Source(**(given | changes))


def test_a_refusal_is_one_sentence_with_what_where_and_remedy() -> None:
    assert Refused("is empty", where="a.zip", remedy="export it again").sentence == "a.zip: is empty; export it again"
    assert Refused("nothing is built").sentence == "nothing is built"


def test_a_time_without_a_zone_is_refused() -> None:
    assert utc("2026-03-01T06:30:00+01:00").hour == 5
    with pytest.raises(ValueError, match="no time zone"):
        utc("2026-03-01T06:30:00")
