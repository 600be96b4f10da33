"""Every asset, named once, by data and not by DAG: landing → raw/<source> → kpi; and what all DAGs share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from airflow.sdk import (
    Asset,
    AssetWatcher,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
    get_current_context,
)

from throughline import settings
from throughline.source import Refused
from throughline.sources import SOURCES
from throughline.triggers import FolderTrigger, QueueTrigger


def _watchers(use: settings.Settings) -> list[AssetWatcher]:
    """Who tells of new exports. A bucket without a queue has nobody: the sweep of `intake` finds them."""
    if isinstance(use.landing, Path):
        return [AssetWatcher(name="landing_folder", trigger=FolderTrigger(folder=str(use.landing)))]
    if use.queue:
        return [AssetWatcher(name="landing_queue", trigger=QueueTrigger(queue=use.queue, landing=str(use.landing)))]
    return []


LANDING: Final = Asset(name="landing", group="throughline", watchers=_watchers(settings.load()))
RAW: Final = {name: Asset(name=f"raw/{name}", group="throughline") for name in SOURCES}
KPI: Final = Asset(name="kpi", group="throughline")

WRITER_POOL: Final = "warehouse_writer"  # one slot: one process at a time may have the DuckDB file open
DEFAULTS: Final[Mapping[str, Any]] = {
    "owner": "data-engineering",
    "retries": 2,
    "retry_delay": timedelta(seconds=20),
    "retry_policy": ExceptionRetryPolicy(
        rules=[RetryRule(Refused, RetryAction.FAIL, reason="the data is refused, and would be refused again")]
    ),
}


def emit(extras: Mapping[Asset, Mapping[str, Any]]) -> None:
    """Give events to these of the running task's outlets only; Airflow alone would give one to every outlet.

    The outlets are still declared on the task, so that the asset graph is complete before anything has run.
    """
    context = get_current_context()
    context["task"].outlets = list(extras)
    for asset, extra in extras.items():
        context["outlet_events"][asset].extra = dict(extra)
