"""The Mattermost source on bulk exports of third parties. Expected counts: see the samples' own manifest."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.fixtures.parsed import parsed
from tests.fixtures.samples import sample
from throughline.sources.mattermost import SOURCE


@pytest.mark.parametrize(("name", "accounts", "guests"), [("export.jsonl", 5, 0), ("guestExport.jsonl", 6, 1)])
def test_every_post_reply_and_reaction_is_read(shared: Path, name: str, accounts: int, guests: int) -> None:
    found = parsed(SOURCE, sample(shared, f"mattermost/zulip+zulip/{name}"))
    assert {table: len(rows) for table, rows in found.rows.items()} == {
        "messages": 21,  # 20 posts and a reply in one of them
        "mentions": 1,
        "reactions": 9,
        "spaces": 5,
        "accounts": accounts,
    }
    assert sum(row["is_guest"] for row in found["accounts"]) == guests
    assert all(row["email"] for row in found["accounts"])
    assert Counter(row["kind"] for row in found["spaces"]) == {"public": 4, "private": 1}
    assert Counter(row["is_system"] for row in found["messages"]) == {False: 13, True: 8}  # joined, added
    assert sum(row["parent_id"] is not None for row in found["messages"]) == 1
    assert len({row["message_id"] for row in found["messages"]}) == 21
    assert all(row["reacted_at"] for row in found["reactions"])
    assert (found.rejected, found.damaged) == ([], [])
    assert [part.reason for part in found.ignored] == ["records that are not used: 2 emoji, 2 team"]
