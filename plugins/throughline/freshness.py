"""How old the newest data of each source is. Judged by what the exports have seen, not by when they were dropped."""

from __future__ import annotations

from datetime import datetime, timedelta

from throughline.ledger import CURRENT, Ledger
from throughline.settings import Settings


def stale(settings: Settings, *, at: datetime, after: timedelta) -> list[str]:
    """A sentence for each source that sent data once and is silent for longer than `after`, and for a stuck publish."""
    entries = Ledger(settings.ledger).entries(*CURRENT)
    until: dict[str, datetime] = {}
    for entry in entries:
        seen = entry.observed_until or entry.seen_at
        until[entry.source] = max(until.get(entry.source, seen), seen)
    sentences = [
        f"{source}: its newest export ends {moment:%Y-%m-%d}, {(at - moment).days} days ago; "
        f"export it again and drop it into {settings.landing / source}"
        for source, moment in sorted(until.items())
        if at - moment > after
    ]
    waiting = [entry for entry in entries if entry.state == "loaded" and at - entry.seen_at > after]
    if waiting:
        oldest = min(entry.seen_at for entry in waiting)
        sentences.append(
            f"{len(waiting)} loaded files wait for a publish, the oldest since {oldest:%Y-%m-%d}; "
            "look at the last run of transform"
        )
    return sentences
