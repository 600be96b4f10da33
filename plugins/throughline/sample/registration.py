"""The sample's purposes enter the ledger as of the day on which they were registered.

A purpose counts as registered when the ledger first saw it. Landed today, after their results, the sample's purposes
would all be exploratory; so they are shown to the ledger as of their files' times, three weeks before each start.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from throughline.landing import content_hash
from throughline.ledger import Ledger
from throughline.sample.planted import PLANTED
from throughline.settings import Settings

FOLDER: Final = "purposes"


def register(settings: Settings, directory: Path | None = None) -> list[str]:
    """Let the ledger see the sample's purpose files below a directory, the landing zone by default, as of their times.

    Returns their names below the landing zone, where intake takes them like any other file. What the ledger has seen
    before keeps its time.
    """
    root = directory or settings.landing
    if not isinstance(root, Path):
        return []
    ledger, names = Ledger(settings.ledger), []
    for path in sorted(root / FOLDER / f"{purpose_id}.yml" for purpose_id in PLANTED):
        if path.is_file():
            facts, name = path.stat(), f"{FOLDER}/{path.name}"
            at = datetime.fromtimestamp(facts.st_mtime, UTC)
            ledger.see(name, content_hash(path), source=FOLDER, size_bytes=facts.st_size, at=at)
            names.append(name)
    return names
