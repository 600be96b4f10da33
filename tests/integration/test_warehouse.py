"""The engines behind one interface: raw rows in, publish whole, roll back, read-only for readers."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import duckdb
import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from throughline.settings import Settings
from throughline.source import AMOUNT, TIMESTAMP, Refused, Unreachable
from throughline.warehouse import Warehouse, connect

DEALS = pa.schema(
    [
        ("deal_id", pa.string()),
        ("amount", AMOUNT),
        ("share", pa.float64()),
        ("is_won", pa.bool_()),
        ("close_date", pa.date32()),
        ("created_at", TIMESTAMP),
        ("size", pa.int64()),
        ("file_id", pa.string()),
    ]
)
ROW = {
    "amount": Decimal("10.50"),
    "share": 0.25,
    "is_won": True,
    "close_date": date(2026, 3, 1),
    "created_at": datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
    "size": 1,
}


@pytest.fixture(params=["duckdb", "postgres"])
def use(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Settings]:
    if request.param == "postgres":
        settings = replace(settings, warehouse=request.getfixturevalue("postgres_database"))
    yield settings


def deals(folder: Path, file_id: str, *ids: str) -> Path:
    path = folder / f"{file_id}.parquet"
    pq.write_table(pa.Table.from_pylist([ROW | {"deal_id": i, "file_id": file_id} for i in ids], schema=DEALS), path)
    return path


def execute(use: Settings, *statements: str) -> list[tuple[object, ...]]:
    """Run SQL as dbt would, in the private database; returns the last result."""
    if use.warehouse.startswith("duckdb"):
        with duckdb.connect(use.warehouse.removeprefix("duckdb:///")) as db:
            for statement in statements:
                result = db.execute(statement)
            return result.fetchall() if result.description else []
    with psycopg2.connect(use.warehouse) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def raw(use: Settings, files: dict[str, Path]) -> None:
    with connect(use).raw() as schema:
        schema.records("deals", DEALS, files, {})
        schema.table(
            "files",
            pa.schema([("name", pa.string()), ("seen_at", TIMESTAMP)]),
            [{"name": "a", "seen_at": ROW["created_at"]}],
        )


def publish(use: Settings, value: int) -> str:
    """Build one kpi table by hand and publish it."""
    warehouse = connect(use)
    schema = "kpi" if use.warehouse.startswith("duckdb") else "kpi_build"
    execute(
        use,
        f"drop table if exists {schema}.kpi_x",
        f"create table {schema}.kpi_x as select {value} as value, 'a' as unit",
    )
    publish_id, rows = warehouse.stage(10)
    assert rows == {"kpi_x": 1}
    warehouse.switch(publish_id)
    return publish_id


def test_raw_holds_exactly_the_given_files(use: Settings, tmp_path: Path) -> None:
    first, second = deals(tmp_path, "f1", "a", "b"), deals(tmp_path, "f2", "c")
    raw(use, {"f1": first})
    raw(use, {"f1": first, "f2": second})
    assert execute(use, "select deal_id from raw.deals order by 1") == [("a",), ("b",), ("c",)]
    raw(use, {"f2": second})
    assert execute(use, "select * from raw.deals") == [
        ("c", Decimal("10.50"), 0.25, True, date(2026, 3, 1), datetime(2026, 3, 1, 23, 30), 1, "f2")  # noqa: DTZ001  # UTC without a zone
    ]
    assert execute(use, "select seen_at from raw.files") == [(datetime(2026, 3, 1, 23, 30),)]  # noqa: DTZ001  # the same


def test_rows_that_were_written_before_a_column_came_are_null_in_it(use: Settings, tmp_path: Path) -> None:
    older = DEALS.remove(DEALS.get_field_index("created_at")).remove(DEALS.get_field_index("share"))
    row = {name: value for name, value in ROW.items() if name in older.names}
    pq.write_table(pa.Table.from_pylist([row | {"deal_id": "a", "file_id": "f1"}], schema=older), tmp_path / "f1")
    raw(use, {"f1": tmp_path / "f1"})
    assert execute(use, "select deal_id, share, created_at from raw.deals") == [("a", None, None)]
    raw(use, {"f1": tmp_path / "f1", "f2": deals(tmp_path, "f2", "b")})
    assert execute(use, "select deal_id, share from raw.deals order by 1") == [("a", None), ("b", 0.25)]


def test_raw_without_files_is_typed_and_empty(use: Settings) -> None:
    raw(use, {})
    assert execute(use, "select count(*), sum(amount), max(created_at) from raw.deals") == [(0, None, None)]


def test_a_failing_load_changes_nothing(use: Settings, tmp_path: Path) -> None:
    raw(use, {"f1": deals(tmp_path, "f1", "a")})
    with pytest.raises(RuntimeError), connect(use).raw() as schema:
        schema.records("deals", DEALS, {}, {})
        raise RuntimeError
    assert execute(use, "select count(*) from raw.deals") == [(1,)]


def test_publish_switch_and_roll_back(use: Settings) -> None:
    raw(use, {})
    first, second = publish(use, 1), publish(use, 2)
    warehouse = connect(use)
    assert warehouse.query("select value from kpi.kpi_x") == (["value"], [(2,)])
    assert pq.read_table(use.home / "kpi" / "kpi_x.parquet").column("value").to_pylist() == [2]
    warehouse.switch(first)
    assert warehouse.query("select value from kpi.kpi_x")[1] == [(1,)]
    warehouse.forget([first])
    with pytest.raises(Refused, match=f"publish {second}: is not kept any more"):
        warehouse.switch(second)


def test_the_same_tables_are_one_publish(use: Settings) -> None:
    raw(use, {})
    first = publish(use, 1)
    before = hashlib.sha256((use.home / "kpi" / "kpi_x.parquet").read_bytes()).hexdigest()
    assert publish(use, 1) == first
    assert hashlib.sha256((use.home / "kpi" / "kpi_x.parquet").read_bytes()).hexdigest() == before


@pytest.mark.parametrize(
    "statement", ["drop table kpi.kpi_x", "create table kpi.y as select 1", "delete from kpi.kpi_x"]
)
def test_readers_cannot_write(use: Settings, statement: str) -> None:
    raw(use, {})
    publish(use, 1)
    with pytest.raises(Refused):
        connect(use).query(statement)
    assert connect(use).query("select count(*) from kpi.kpi_x")[1] == [(1,)]


def test_readers_see_nothing_but_kpi(use: Settings, tmp_path: Path) -> None:
    raw(use, {"f1": deals(tmp_path, "f1", "a")})
    publish(use, 1)
    with pytest.raises(Refused):
        connect(use).query("select * from raw.deals")
    with pytest.raises(Refused):
        connect(use).query(f"select * from read_parquet('{tmp_path}/f1.parquet')")


def test_nothing_published_and_nothing_built_are_told(use: Settings) -> None:
    warehouse = connect(use)
    with pytest.raises(Refused, match="nothing is published yet; run: throughline run"):
        warehouse.query("select 1")
    raw(use, {})
    with pytest.raises(Refused, match="nothing is built"):
        warehouse.stage(10)


def test_a_reader_that_holds_the_file_is_not_disturbed(settings: Settings) -> None:
    raw(settings, {})
    publish(settings, 1)
    with duckdb.connect(str(settings.published), read_only=True) as reader:
        publish(settings, 2)
        assert reader.execute("select value from kpi.kpi_x").fetchall() == [(1,)]
    assert connect(settings).query("select value from kpi.kpi_x")[1] == [(2,)]


def test_a_database_that_another_process_holds_is_told_and_may_be_tried_again(settings: Settings) -> None:
    raw(settings, {})
    holder = "import duckdb, sys; db = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    path = settings.warehouse.removeprefix("duckdb:///")
    with subprocess.Popen(
        [sys.executable, "-c", holder, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with pytest.raises(Unreachable, match="is in use by another process; wait for the running build"):
            raw(settings, {})
        other.communicate("")
    raw(settings, {})


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (
            lambda url: url.rsplit("/", 1)[0] + "/nothing_here" if "?" not in url else url.replace("/test_", "/gone_"),
            "does not exist",
        ),
        (lambda _: "postgresql://nobody:secret-word@127.0.0.1:9/x", "refused|no answer"),
    ],
)
def test_an_unreachable_database_is_one_sentence_without_the_password(
    settings: Settings, postgres_database: str, change: object, what: str
) -> None:
    warehouse: Warehouse = connect(replace(settings, warehouse=change(postgres_database)))  # type: ignore[operator]
    with pytest.raises(Unreachable, match=what) as refused:
        warehouse.query("select 1")
    assert "THROUGHLINE_WAREHOUSE" in refused.value.sentence
    assert "secret-word" not in refused.value.sentence
    assert "\n" not in refused.value.sentence


def test_a_wrong_password_is_one_sentence_without_it(settings: Settings, postgres_database: str) -> None:
    with psycopg2.connect(postgres_database) as connection, connection.cursor() as cursor:
        cursor.execute("show hba_file")
        rules = Path((cursor.fetchone() or ("",))[0])
        if not os.access(rules, os.W_OK):
            pytest.skip("the server at DATABASE_URL is not ours: who may enter it cannot be changed")
        cursor.execute("drop role if exists locked_out")
        cursor.execute("create role locked_out login password 'right'")
    before = rules.read_text()
    entered = "".join(f"{kind} scram-sha-256\n" for kind in ("local all locked_out", "host all locked_out samehost"))
    rules.write_text(entered + before)
    try:
        execute(replace(settings, warehouse=postgres_database), "select pg_reload_conf()", "select pg_sleep(1)")
        parts = urlsplit(postgres_database)
        place = parts.netloc.rpartition("@")[2]
        wrong = urlunsplit(parts._replace(netloc=f"locked_out:secret-word@{place}"))
        with pytest.raises(Unreachable, match="password authentication failed") as stopped:
            connect(replace(settings, warehouse=wrong)).query("select 1")
        assert "secret-word" not in stopped.value.sentence
    finally:
        rules.write_text(before)
        execute(
            replace(settings, warehouse=postgres_database),
            "select pg_reload_conf()",
            "drop role locked_out",
            "select 1",
        )
