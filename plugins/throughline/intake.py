"""Intake: from a landing file to raw Parquet, or to quarantine with one clear sentence.

`discover` compares the landing zone with the ledger; `take` takes one file. Both can be repeated at any point:
a step that was cut off is done again, a step that was done changes nothing. Bad input never raises here; a landing
zone that cannot be listed raises Refused, one that falls silent in the middle Unreachable.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from throughline import lake, landing
from throughline.landing import Content, LandingFile, Zone
from throughline.ledger import CURRENT, Entry, Ledger
from throughline.privacy import Pseudonymiser
from throughline.settings import Settings
from throughline.source import Forbidden, Refused, Source
from throughline.sources import SOURCES

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Taken:
    """What became of one file: its state, its row counts, and a sentence when there is something to say."""

    name: str
    source: str
    state: str
    rows_in: int = 0
    rows_loaded: int = 0
    rows_rejected: int = 0
    rows_duplicate: int = 0
    sentence: str = ""


def discover(settings: Settings, *, at: datetime, owner: str = "cli") -> list[dict[str, str]]:
    """Compare the landing zone with the ledger. Returns what is to be taken: [{name, file_id, source}], by name."""
    ledger = Ledger(settings.ledger)
    hashed = ledger.hashed()
    known = {(entry.name, entry.file_id): entry.state for entry in ledger.entries()}
    zone = landing.zone(settings.landing)
    unreadable: list[Forbidden] = []
    for found in zone.listing(at):
        fingerprint, file_id = hashed.get(found.name, ("", ""))
        if fingerprint != found.fingerprint:
            try:
                _, file_id = _held(zone, found.name)
            except (OSError, Refused):
                continue  # gone or changing just now; the next look sees it again
            except Forbidden as forbidden:
                log.warning("%s", forbidden.sentence)
                unreadable.append(forbidden)
                continue
            ledger.remember(found.name, found.fingerprint, file_id)
        if known.get((found.name, file_id)) in (None, "superseded", "duplicate"):
            entry = ledger.see(found.name, file_id, source=found.source, size_bytes=found.size_bytes, at=at)
            if entry.state == "seen" and (why := _misplaced(entry)):
                ledger.move(entry.name, entry.file_id, "quarantined", at=at, reason=why.sentence)
    waiting = ledger.waiting(owner=owner, at=at)
    if unreadable and not waiting:
        raise unreadable[0]  # while others can be taken they go first; then nobody may believe that all is done
    return [{"name": entry.name, "file_id": entry.file_id, "source": entry.source} for entry in waiting]


def take(settings: Settings, name: str, file_id: str, *, at: datetime, owner: str = "cli") -> Taken:
    """Take one file: claim, parse, pseudonymise, write, check at the door, commit; or quarantine it."""
    ledger = Ledger(settings.ledger)
    entry = ledger.claim(name, file_id, owner=owner, at=at)
    if entry is None:
        return _as_it_stands(ledger, name, file_id)
    source = SOURCES[entry.source]
    try:
        return _take(settings, ledger, entry, source, at)
    except Refused as refused:
        ledger.move(name, file_id, "quarantined", at=at, reason=refused.sentence)
        return Taken(name, entry.source, "quarantined", sentence=refused.sentence)


def release(settings: Settings, name: str, *, at: datetime, reason: str) -> Taken:
    """Load what could be read of a quarantined file. Raises Refused when there is nothing to release."""
    ledger = Ledger(settings.ledger)
    held = [entry for entry in ledger.entries("quarantined") if entry.name == name]
    if not held:
        raise Refused("is not in quarantine", where=name, remedy="list the quarantine with: throughline quarantine")
    entry = held[-1]
    written = SOURCES[entry.source].tables if entry.source in SOURCES else ()
    if not any(lake.raw_file(settings.lake, entry.source, t.name, entry.file_id).exists() for t in written):
        raise Refused("nothing of this file could be read", where=name, remedy="mend the file and drop it again")
    keeps = SOURCES[entry.source].keeps_versions
    ledger.load(entry.name, entry.file_id, at=at, keeps_versions=keeps, reason=f"released: {reason}")
    return _as_it_stands(ledger, entry.name, entry.file_id)


def reprocess(settings: Settings, names: list[str], *, at: datetime, reason: str) -> list[Taken]:
    """Take files again from the landing zone, whatever their state. Raises Refused for a name never seen."""
    ledger = Ledger(settings.ledger)
    taken = []
    for name in names:
        held = [e for e in ledger.entries() if e.name == name and e.state not in ("superseded", "duplicate")]
        if not held:
            raise Refused("was never taken", where=name, remedy="see the names with: throughline status --files")
        ledger.move(name, held[-1].file_id, "seen", at=at, reason=f"reprocess: {reason}")
        taken.append(take(settings, name, held[-1].file_id, at=at))
    return taken


def drift(settings: Settings) -> list[dict[str, Any]]:
    """Columns that files which count lack, or that nobody knew of, one row a source, table and status:
    {source, table, status, columns}, in this order."""
    found: dict[tuple[str, str, str], set[str]] = {}
    for entry in Ledger(settings.ledger).entries(*CURRENT):
        for row in lake.columns(settings.lake, entry.source, entry.file_id):
            if row["status"] != "used":
                found.setdefault((entry.source, row["table_name"], row["status"]), set()).add(row["column_name"])
    names = ("source", "table", "status")
    return [dict(zip(names, key, strict=True)) | {"columns": sorted(found[key])} for key in sorted(found)]


def _take(settings: Settings, ledger: Ledger, entry: Entry, source: Source, at: datetime) -> Taken:
    from throughline import quality

    try:
        content, file_id = _held(landing.zone(settings.landing), entry.name)
    except FileNotFoundError:
        raise Refused("is no longer in the landing zone", where=entry.name, remedy="drop it again") from None
    if file_id != entry.file_id:
        raise Refused("changed while it was waiting", where=entry.name, remedy="its new content is taken by itself")
    if entry.size_bytes == 0:
        raise Refused("is empty", where=entry.name, remedy="export it again; the tool wrote nothing")
    file = LandingFile(source.name, entry.name, content, entry.file_id, entry.size_bytes, entry.seen_at)
    landed = lake.land(settings.lake, source, file, Pseudonymiser(settings.key))
    facts: dict[str, Any] = {
        "rows_in": landed.rows_in,
        "rows_loaded": landed.rows_loaded,
        "rows_rejected": landed.rows_rejected,
        "rows_duplicate": landed.rows_duplicate,
        "observed_from": landed.observed_from,
        "observed_until": landed.observed_until,
    }
    ledger.move(entry.name, entry.file_id, "landed", at=at, **facts)
    if landed.damaged:
        first, more = landed.damaged[0], len(landed.damaged) - 1
        others = f" (and {more} more)" if more else ""
        where = first.place if first.place.startswith(entry.name) else f"{entry.name} » {first.place}"
        raise Refused(first.reason + others, where=where, remedy=first.remedy)
    if landed.rows_loaded == 0 and landed.rows_rejected > 0:
        raise Refused(
            f"none of its {landed.rows_rejected:,} rows can be read",
            where=entry.name,
            remedy="see why with: throughline quarantine --rows",
        )
    if not landed.parquet and landed.ignored:
        raise Refused(
            f"holds nothing that is read: {landed.ignored[0].reason}",
            where=entry.name,
            remedy="take it out of the landing zone; nothing is lost",
        )
    window = quality.Window(landed.observed_from, landed.observed_until, entry.seen_at)
    report = quality.door(source, landed.parquet, window, settings.home / "docs" / "quality")
    is_quiet_day = not landed.parquet and not quality.rules(source.name).REQUIRED
    if not report.success and not is_quiet_day:
        raise Refused(report.sentence, where=entry.name, remedy="mend the export, or release the file as it is")
    ledger.load(entry.name, entry.file_id, at=at, keeps_versions=source.keeps_versions, reason=_left_out(landed))
    return _as_it_stands(ledger, entry.name, entry.file_id)


def _held(zone: Zone, name: str) -> tuple[Content, str]:
    """What a file holds now, and its hash. Raises FileNotFoundError, Forbidden, Unreachable."""
    try:
        content = zone.content(name)
        return content, landing.content_hash(content)
    except PermissionError:
        raise Forbidden("may not be read", where=name, remedy="let the user that runs throughline read it") from None


def _as_it_stands(ledger: Ledger, name: str, file_id: str) -> Taken:
    entry = ledger.entry(name, file_id)
    if entry is None:
        raise Refused("is not in the ledger", where=name, remedy="run: throughline ingest")
    return Taken(
        name,
        entry.source,
        entry.state,
        entry.rows_in or 0,
        entry.rows_loaded or 0,
        entry.rows_rejected or 0,
        entry.rows_duplicate or 0,
        entry.reason or "",
    )


def _left_out(landed: lake.Landed) -> str | None:
    """What was ignored on purpose, in one sentence."""
    if not landed.ignored:
        return None
    first, more = landed.ignored[0], len(landed.ignored) - 1
    return f"left out: {first.place} ({first.reason})" + (f" and {more} more" if more else "")


def _misplaced(entry: Entry) -> Refused | None:
    """Why this file cannot belong to any source, judged by its place alone."""
    source = SOURCES.get(entry.source)
    folders = ", ".join(f"{name}/" for name in SOURCES)
    if source is None:
        what = f"no source is called {entry.source!r}" if entry.source else "it lies in no source's folder"
        return Refused(what, where=entry.name, remedy=f"move it to one of {folders}")
    if not entry.name.lower().endswith(source.endings):
        return Refused(
            f"{source.title} takes {' or '.join(source.endings)}",
            where=entry.name,
            remedy="drop the export as the tool wrote it",
        )
    return None
