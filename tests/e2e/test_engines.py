"""Every engine publishes the tables that DuckDB does, on the sample organisation."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import copy_of, home
from throughline import transform
from throughline.migration import migrate
from throughline.settings import Settings
from throughline.warehouse import connect
from throughline.warehouse.equality import differences

# Data tests that only say of an engine that its rows are as those on which they have passed on DuckDB, and these are
# compared for every table. Those of the kpi models run nevertheless, and everywhere the tests with SQL of their own.
SAID_BY_ROWS: Final = ("unique_combination", "unique", "not_null", "accepted_values")


@pytest.fixture
def _fewer_data_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = transform._dbt_arguments
    folders = ("staging", "intermediate", "marts")
    left_out = [f"path:models/{folder},test_name:{kind}" for folder in folders for kind in SAID_BY_ROWS]

    def fewer(use: Settings, command: str, select: str | None, exclude: Iterable[str] = ()) -> list[str]:
        return arguments(use, command, select, [*exclude, *left_out])

    monkeypatch.setattr(transform, "_dbt_arguments", fewer)


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


@pytest.mark.usefixtures("_fewer_data_tests")
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

    tables = built_tables(use)
    assert len(tables) > 140
    keep(use, tables, tmp_path / "ours")
    keep(other, tables, tmp_path / "theirs")
    assert differences(tmp_path / "ours", tmp_path / "theirs") == []

    assert connect(other).query("select count(*) from kpi.kpi_value")[1] == [(publication.rows["kpi_value"],)]
    assert transform.publish(other, at=at).is_new is False


def built_tables(use: Settings) -> list[str]:
    """Every table of a build that is not published, schema.name."""
    nodes = json.loads((use.home / "dbt" / "target" / "manifest.json").read_text())["nodes"].values()
    tables = [n for n in nodes if n["resource_type"] == "model" and n["config"]["materialized"] == "table"]
    return sorted(f"{n['schema']}.{n['name']}" for n in tables if n["schema"] != "kpi")


def keep(use: Settings, tables: list[str], folder: Path) -> None:
    """<folder>/<table>.parquet of each, in the order of its rows; engines give whole numbers and sums other widths."""
    folder.mkdir()
    opened = use.warehouse.startswith("duckdb:")  # once, as that takes longer than to read most tables
    with duckdb.connect(use.warehouse.removeprefix("duckdb:///") if opened else ":memory:", read_only=opened) as db:
        for table in tables:
            rows = db.execute(f"from {table} order by all").to_arrow_table() if opened else connect(use).read(table)
            pq.write_table(rows.cast(pa.schema(map(widest, rows.schema))), folder / f"{table}.parquet")


def widest(field: pa.Field) -> pa.Field:
    is_number = pa.types.is_integer(field.type) or (pa.types.is_decimal(field.type) and field.type.scale <= 2)
    return field.with_type(pa.decimal128(38, 2)) if is_number else field
