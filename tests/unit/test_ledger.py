"""The ledger: states, claims, duplicates, versions, publishes."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from throughline.ledger import LEASE, Ledger, Publish


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


def see(ledger: Ledger, name: str, file_id: str, at: datetime) -> str:
    return ledger.see(name, file_id, source="slack", size_bytes=1, at=at).state


def load(ledger: Ledger, name: str, file_id: str, at: datetime) -> None:
    see(ledger, name, file_id, at)
    ledger.claim(name, file_id, owner="o", at=at)
    ledger.load(name, file_id, at=at)


def test_the_same_content_under_another_name_is_a_duplicate(ledger: Ledger, at: datetime) -> None:
    assert see(ledger, "slack/a.zip", "1", at) == "seen"
    assert see(ledger, "slack/b.zip", "1", at) == "duplicate"


def test_a_quarantined_content_does_not_make_duplicates(ledger: Ledger, at: datetime) -> None:
    see(ledger, "slack/a.zip", "1", at)
    ledger.move("slack/a.zip", "1", "quarantined", at=at, reason="cut off")
    assert see(ledger, "slack/b.zip", "1", at) == "seen"


def test_another_content_under_the_same_name_supersedes_once_it_is_loaded(ledger: Ledger, at: datetime) -> None:
    load(ledger, "slack/a.zip", "1", at)
    assert see(ledger, "slack/a.zip", "2", at) == "seen"
    assert [e.file_id for e in ledger.entries("loaded")] == ["1"], "the old version stands until the new one is good"
    load(ledger, "slack/a.zip", "2", at)
    assert [e.file_id for e in ledger.entries("loaded")] == ["2"]
    assert [e.file_id for e in ledger.entries("superseded")] == ["1"]


def test_of_a_source_that_keeps_versions_only_what_was_refused_is_superseded(ledger: Ledger, at: datetime) -> None:
    load(ledger, "purposes/p.yml", "1", at)
    see(ledger, "purposes/p.yml", "2", at)
    ledger.move("purposes/p.yml", "2", "quarantined", at=at, reason="unknown metric")
    see(ledger, "purposes/p.yml", "3", at)
    ledger.load("purposes/p.yml", "3", at=at, keeps_versions=True)
    assert {e.file_id: e.state for e in ledger.entries()} == {"1": "loaded", "2": "superseded", "3": "loaded"}


def test_a_superseded_content_that_comes_back_is_taken_again(ledger: Ledger, at: datetime) -> None:
    load(ledger, "slack/a.zip", "1", at)
    load(ledger, "slack/a.zip", "2", at)
    assert see(ledger, "slack/a.zip", "1", at) == "seen"


def test_a_duplicate_steps_in_when_the_first_name_gets_other_content(ledger: Ledger, at: datetime) -> None:
    load(ledger, "slack/a.zip", "1", at)
    assert see(ledger, "slack/b.zip", "1", at) == "duplicate"
    load(ledger, "slack/a.zip", "2", at)
    assert see(ledger, "slack/b.zip", "1", at) == "seen"


@pytest.mark.parametrize(
    ("later", "taken"), [(timedelta(0), False), (LEASE, False), (LEASE + timedelta(seconds=1), True)]
)
def test_another_owner_waits_for_the_lease(ledger: Ledger, at: datetime, later: timedelta, taken: bool) -> None:
    see(ledger, "slack/a.zip", "1", at)
    assert ledger.claim("slack/a.zip", "1", owner="first", at=at)
    assert bool(ledger.claim("slack/a.zip", "1", owner="second", at=at + later)) is taken


def test_the_same_owner_claims_again_after_a_crash(ledger: Ledger, at: datetime) -> None:
    see(ledger, "slack/a.zip", "1", at)
    assert ledger.claim("slack/a.zip", "1", owner="o", at=at)
    assert [e.name for e in ledger.waiting(owner="o", at=at)] == ["slack/a.zip"]
    assert ledger.claim("slack/a.zip", "1", owner="o", at=at)


def test_a_loaded_file_cannot_be_claimed(ledger: Ledger, at: datetime) -> None:
    load(ledger, "slack/a.zip", "1", at)
    assert ledger.claim("slack/a.zip", "1", owner="o", at=at) is None


def test_of_many_claims_at_once_one_wins(ledger: Ledger, at: datetime) -> None:
    see(ledger, "slack/a.zip", "1", at)
    won: list[object] = []
    threads = [
        threading.Thread(target=lambda n=n: won.append(ledger.claim("slack/a.zip", "1", owner=f"o{n}", at=at)))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(entry is not None for entry in won) == 1


def test_history_tells_every_step(ledger: Ledger, at: datetime) -> None:
    load(ledger, "slack/a.zip", "1", at)
    assert [state for _, state, _ in ledger.history("slack/a.zip", "1")] == ["seen", "claimed", "loaded"]


def test_publishing_marks_files_and_keeps_one_live(ledger: Ledger, at: datetime) -> None:
    load(ledger, "slack/a.zip", "1", at)
    ledger.published(Publish("p1", at, True, 3), loaded=ledger.entries("loaded"), kept=[])
    ledger.published(Publish("p2", at + timedelta(hours=1), True, 4), loaded=[], kept=["p1"])
    assert [(p.publish_id, p.is_live) for p in ledger.publishes()] == [("p2", True), ("p1", False)]
    assert [e.state for e in ledger.entries()] == ["published"]
    ledger.make_live("p1")
    assert [(p.publish_id, p.is_live) for p in ledger.publishes()] == [("p2", False), ("p1", True)]


def test_a_listing_of_an_earlier_version_is_made_anew(tmp_path: Path, at: datetime) -> None:
    path = tmp_path / "ledger.sqlite"
    see(Ledger(path), "slack/a.zip", "1", at)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("drop table listing")
        connection.execute(
            "create table listing (name varchar, size_bytes bigint, modified_ns bigint, file_id varchar)"
        )
        connection.execute("insert into listing values ('slack/a.zip', 1, 1, 'x')")
        connection.commit()
    ledger = Ledger(path)
    assert ledger.hashed() == {}
    ledger.remember("slack/a.zip", "1-1", "x")
    assert Ledger(path).hashed() == {"slack/a.zip": ("1-1", "x")}
    assert len(ledger.entries()) == 1


def test_a_look_is_counted_once_for_each_day_of_data(ledger: Ledger, at: datetime) -> None:
    first, second = date(2026, 6, 1), date(2026, 6, 8)
    ledger.look([("p:C1b_180:did", "h", first), ("p:C1b_180:did", "h", first)], at=at)
    ledger.look([("p:C1b_180:did", "h", first), ("p:C1b_180:did", "h", second), ("p:C1b_180:did", "i", second)], at=at)
    assert ledger.looks() == {("p:C1b_180:did", "h"): {first, second}, ("p:C1b_180:did", "i"): {second}}
