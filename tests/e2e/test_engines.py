"""Every engine publishes the tables that DuckDB does, on the sample organisation."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import copy_of, home
from throughline import transform
from throughline.migration import migrate
from throughline.settings import Settings
from throughline.warehouse import connect
from throughline.warehouse.equality import differences


@pytest.fixture(params=["postgres", "spark"])
def engine(request: pytest.FixtureRequest) -> Iterator[tuple[str, Callable[[str], None]]]:
    """The URL of another engine, and what happens while it builds: a model's name is told when it is done."""
    if request.param == "postgres":
        yield request.getfixturevalue("postgres_database"), lambda model: None
        return
    cluster = request.getfixturevalue("spark_cluster")

    def lose_a_worker(model: str) -> None:
        if model == "int_interactions":
            os.killpg(cluster.workers[0].pid, signal.SIGKILL)
            cluster.workers[0].wait()

    yield cluster.url, lose_a_worker
    assert cluster.workers[0].poll() is not None, "no worker was lost"


@pytest.mark.timeout(2700)
def test_every_engine_publishes_the_same_tables(
    sample_home: Settings,
    at: datetime,
    tmp_path: Path,
    engine: tuple[str, Callable[[str], None]],
) -> None:
    """The same lake and ledger on another engine; the cluster loses one of its two workers in the middle."""
    url, meanwhile = engine
    use = copy_of(sample_home, tmp_path / "use")
    publication = transform.publish(use, at=at)
    other = replace(copy_of(use, tmp_path / "home"), warehouse=url)
    moved = migrate(home(tmp_path / "home"), url, at=at, progress=lambda model, *_: meanwhile(model))
    assert moved.rows == publication.rows
    assert differences(use.home / "kpi", other.home / "kpi") == []

    for table in (
        "marts.agg_outcome",
        "marts.agg_survival",
        "marts.agg_adoption",
        "marts.agg_cluster_cell",
        "marts.agg_strata_2x2",
    ):
        for folder, place in (("ours", use), ("theirs", other)):
            (tmp_path / folder).mkdir(exist_ok=True)
            pq.write_table(connect(place).read(table), tmp_path / folder / f"{table}.parquet")
    assert differences(tmp_path / "ours", tmp_path / "theirs") == []

    assert connect(other).query("select count(*) from kpi.kpi_value")[1] == [(publication.rows["kpi_value"],)]
    assert transform.publish(other, at=at).is_new is False
