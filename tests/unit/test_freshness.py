"""The alarm for silent sources: by what an export has seen, at the boundary, and for files that wait for a publish."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from throughline.freshness import stale
from throughline.ledger import Ledger, Publish
from throughline.settings import Settings

AT = datetime(2026, 7, 6, 8, 0, tzinfo=UTC)
AFTER = timedelta(days=9)


def loaded(settings: Settings, name: str, *, seen_at: datetime, observed_until: datetime | None) -> Ledger:
    ledger = Ledger(settings.ledger)
    ledger.see(name, name, source=name.split("/", maxsplit=1)[0], size_bytes=1, at=seen_at)
    ledger.move(name, name, "loaded", at=seen_at, observed_until=observed_until)
    return ledger


def publish_all(ledger: Ledger) -> None:
    ledger.published(Publish("one", AT, True, 1), loaded=ledger.entries("loaded"), kept=[])


@pytest.mark.parametrize(("age", "is_stale"), [(8, False), (9, False), (10, True)])
def test_a_source_is_stale_after_the_limit(settings: Settings, age: int, is_stale: bool) -> None:
    until = AT - timedelta(days=age)
    publish_all(loaded(settings, "slack/a.zip", seen_at=AT, observed_until=until))
    sentences = stale(settings, at=AT, after=AFTER)
    assert len(sentences) == is_stale
    if is_stale:
        assert sentences[0].startswith("slack: its newest export ends 2026-06-26, 10 days ago;")
        assert str(settings.landing / "slack") in sentences[0]


def test_a_fresh_file_of_old_data_is_stale(settings: Settings) -> None:
    publish_all(loaded(settings, "slack/a.zip", seen_at=AT, observed_until=AT - timedelta(days=30)))
    assert len(stale(settings, at=AT, after=AFTER)) == 1


def test_the_newest_export_of_a_source_decides(settings: Settings) -> None:
    loaded(settings, "slack/a.zip", seen_at=AT, observed_until=AT - timedelta(days=30))
    publish_all(loaded(settings, "slack/b.zip", seen_at=AT, observed_until=AT))
    assert stale(settings, at=AT, after=AFTER) == []


def test_loaded_files_that_nobody_publishes_are_told(settings: Settings) -> None:
    loaded(settings, "slack/a.zip", seen_at=AT - timedelta(days=10), observed_until=AT)
    [sentence] = stale(settings, at=AT, after=AFTER)
    assert sentence.startswith("1 loaded files wait for a publish, the oldest since 2026-06-26")


def test_a_source_that_never_sent_anything_is_not_alarming(settings: Settings) -> None:
    assert stale(settings, at=AT, after=AFTER) == []
