"""Migration: from one engine to another by building again from the raw files, with proof before anything changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from throughline import transform
from throughline.ledger import Ledger
from throughline.settings import Settings, warehouse_url
from throughline.source import Refused
from throughline.warehouse import KPI
from throughline.warehouse.equality import differences


def migrate(
    settings: Settings, to: str, *, at: datetime, progress: transform.Progress | None = None
) -> transform.Publication:
    """Build on the engine at URL `to`, compare with the live publish, and publish there.

    Raises Refused when nothing is published, when files wait for a build, or when any table differs; what is live
    on the present engine then stands.
    """
    target = replace(settings, warehouse=warehouse_url(to, settings.home, where="the engine to move to"))
    live = next((kept for kept in Ledger(settings.ledger).publishes() if kept.is_live), None)
    if live is None or transform.unpublished(settings):
        what = "files are loaded that no publish holds yet" if live else "nothing is published yet"
        raise Refused(f"{what}, so there is nothing to compare with", remedy="run: throughline run")
    transform.build(target, at=at, progress=progress)
    publishes = settings.home / "publishes"
    found = differences(publishes / live.publish_id / KPI, publishes / transform.audited(target)["publish_id"] / KPI)
    if found:
        remedy = "if throughline was updated since the last publish, run it once more here, then migrate again"
        raise Refused(f"have tables that are not equal: {'; '.join(found[:3])}", where="the two engines", remedy=remedy)
    return transform.publish(target, at=at)
