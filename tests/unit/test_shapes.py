"""The tables that all collaboration tools share: keys, and whose namespace each identifier is in."""

from __future__ import annotations

import pytest

from throughline.sources import shapes


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("messages", ("message_id",)),
        ("mentions", ("message_id", "account_id")),
        ("reactions", ("message_id", "emoji", "account_id")),
        ("spaces", ("space_id",)),
        ("accounts", ("account_id",)),
        ("activity", ("account_id", "product", "window_from_date", "window_until_date")),
    ],
)
def test_the_key_comes_first_and_account_ids_stay_apart_between_tools(name: str, key: tuple[str, ...]) -> None:
    table = getattr(shapes, name)("sometool")
    assert table.name == name
    assert table.key == key
    people = {"account_id": "sometool", "email": "email", "fingerprint": "text"}
    assert dict(table.people) == {column: space for column, space in people.items() if column in table.schema.names}


def test_what_is_edited_replaces_what_was_read_before() -> None:
    assert (shapes.messages("x").version, shapes.messages("x").observed) == ("edited_at", "sent_at")
    assert shapes.accounts("x").version == "updated_at"
