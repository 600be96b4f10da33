"""The Rocket.Chat source on a dump of a third party. Expected counts: see the sample's own manifest."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.fixtures.parsed import parsed
from tests.fixtures.samples import sample
from throughline.sources.rocketchat import SOURCE


def test_every_document_of_a_dump_is_read(shared: Path) -> None:
    found = parsed(SOURCE, sample(shared, "rocketchat/zulip+zulip/rocketchat_bson_dump.zip"))
    assert {table: len(rows) for table, rows in found.rows.items()} == {
        "messages": 87,
        "mentions": 6,
        "reactions": 10,
        "spaces": 16,
        "accounts": 8,  # 6 users and 2 visitors
    }
    assert Counter(row["is_system"] for row in found["messages"]) == {False: 47, True: 40}
    assert sum(row["parent_id"] is not None for row in found["messages"]) == 5
    kinds = Counter(row["kind"] for row in found["spaces"])
    assert kinds == {"private": 6, "public": 5, "dm": 4, "group_dm": 1}  # of the dm two with visitors
    assert Counter(row["is_guest"] for row in found["accounts"]) == {False: 5, True: 3}
    assert sum(row["email"] is not None for row in found["accounts"]) == 5  # all but the bot and the visitors
    assert (found.rejected, found.damaged) == ([], [])
    assert [part.place for part in found.ignored] == ["other files"]
