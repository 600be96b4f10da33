"""Every asset, named once, by data and not by DAG: landing → raw/<source> → kpi."""

from __future__ import annotations

from typing import Final

from airflow.sdk import Asset, AssetWatcher

from throughline import settings
from throughline.sources import SOURCES
from throughline.triggers import FolderTrigger

LANDING: Final = Asset(
    name="landing",
    group="throughline",
    watchers=[AssetWatcher(name="landing_folder", trigger=FolderTrigger(folder=str(settings.load().landing)))],
)
RAW: Final = {name: Asset(name=f"raw/{name}", group="throughline") for name in SOURCES}
KPI: Final = Asset(name="kpi", group="throughline")
