"""Fields of nested records: what is told of a sample."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from throughline.reading import nested
from throughline.source import Columns

HEADER = nested.kind(
    "notes",
    required="id",
    optional="text author.mail",
    sometimes="edited",
    left_out="colour author.name author.image_*",
)


def told(*records: Any, header: Any = HEADER) -> list[Columns]:
    sample = nested.Sample(header)
    for record in records:
        sample.add(record)
    return list(sample.told())


def test_used_missing_and_new_of_some_records() -> None:
    first = {"id": 1, "colour": "red", "author": {"name": "Ada", "image_24": "x", "age": 36}}
    assert told(first, {"id": 2, "mood": "fine", "text": None}) == [
        Columns("notes", used=("id", "text"), missing=("author.mail",), new=("author.age", "mood"))
    ]


def test_a_field_that_is_written_where_it_applies_is_never_missing() -> None:
    (without,) = told({"id": 1, "text": "a", "author": {"mail": "b"}})
    assert (without.used, without.missing) == (("id", "text", "author.mail"), ())
    (edited,) = told({"id": 1, "text": "a", "author": {"mail": "b"}, "edited": 3})
    assert edited.used == ("id", "text", "author.mail", "edited")


def test_of_no_record_nothing_is_told() -> None:
    assert told() == told(None, "text", 3, b"[", b"\xff", [{"id": 1}]) == []


def test_of_a_list_of_objects_the_first_is_looked_into_and_other_objects_are_not() -> None:
    (found,) = told({"author": [{"mail": "b", "height": 1}, {"width": 2}], "map": {"ada@example.org": 1}})
    assert found.new == ("author.height", "map")
    assert told({"author": None, "id": 1})[0].missing == told({"author": [], "id": 1})[0].missing
    assert told({"author": None, "id": 1})[0].new == ()


def test_bytes_are_read_when_they_are_looked_at() -> None:
    assert told(b'{"id": 1, "mood": 2}', msgspec.Raw(b'{"id": 1, "taste": 2}'))[0].new == ("mood", "taste")


@pytest.mark.parametrize("name", ["ada@example.org", "order 4711001", "0" * 32, "x" * 101, "two\nlines"])
def test_a_name_that_may_hold_data_is_not_shown(name: str) -> None:
    assert told({"id": 1, name: 1})[0].new == ("(a name that is not shown)",)


def test_the_first_records_are_all_looked_at_and_of_later_ones_one_in_so_many() -> None:
    sample = nested.Sample(HEADER)
    looked_at, passed_by = {nested.EACH, nested.EACH + nested.EVERY}, {nested.EACH + 1}
    for number in range(1, nested.EACH + nested.EVERY + 1):
        sample.add({"id": 1} | ({f"field_{number}": 1} if number in looked_at | passed_by else {}))
    assert next(sample.told()).new == ("field_500", "field_520")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_of_a_list_records_spread_over_it_are_looked_at(mark: bytes) -> None:
    sample = nested.Sample(HEADER)
    data = [{"id": number} for number in range(3 * nested.LISTED)]
    sample.add_list(mark + json.dumps([{"id": 0, "at_head": 1}, *data]).encode())
    sample.add_list(json.dumps([*data, {"id": 0, "at_end": 1}]).encode())  # the 1,501st: each fourth, from the first
    assert next(sample.told()).new == ("at_end", "at_head")


def test_the_head_of_a_list_is_read_as_far_as_it_goes() -> None:
    assert list(nested.first(b'\n[ {"a": 1}, {"b": [2]} ,{"c": ', 9)) == [{"a": 1}, {"b": [2]}]
    assert list(nested.first(b'[{"a": 1}, {"b": 2}]', 1)) == [{"a": 1}]
    assert list(nested.first(b'[{"a": "' + b"x" * nested.HEAD_BYTES + b'"}]', 1)) == []
    assert list(nested.first(b'[{"a": 1}]', 0)) == list(nested.first(b"[" * 9_000, 3)) == []


def test_names_without_end_are_not_kept() -> None:
    sample = nested.Sample(HEADER)
    for number in range(nested.MOST_NAMES + 200):
        sample.see({f"word {number}"})
    assert len(next(sample.told()).new) == nested.MOST_NAMES
