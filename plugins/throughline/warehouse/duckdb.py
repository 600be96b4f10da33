"""DuckDB, the embedded default: one private file to build in, one public file that readers never see half done.

$HOME/warehouse.duckdb               raw (views on the lake), staging, intermediate, marts, kpi; one process at a time
$HOME/publishes/<publish_id>/        published.duckdb and kpi/<table>.parquet of one publish
$HOME/published.duckdb, $HOME/kpi    what is live: a hard link and a symbolic link, each replaced in one step
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from throughline.source import Refused, Unreachable
from throughline.warehouse import (
    BATCH_ROWS,
    KPI,
    SCHEMAS,
    Raw,
    forget_parquet,
    link_parquet,
    sql_type,
    staged_file,
    write_publish,
)


class DuckDB:
    """Raises Unreachable while another process holds the file."""

    def __init__(self, home: Path, database: Path) -> None:
        self._home, self._database = home, database
        self._publishes = home / "publishes"

    @contextmanager
    def raw(self) -> Iterator[Raw]:
        self._database.parent.mkdir(parents=True, exist_ok=True)
        with self._connect() as db:
            self._database.chmod(0o600)
            db.execute("begin")
            for schema in SCHEMAS:
                db.execute(f"create schema if not exists {schema}")
            yield _Raw(db)
            db.execute("commit")

    def dbt_environment(self) -> dict[str, str]:
        return {"THROUGHLINE_DBT_TARGET": "duckdb", "THROUGHLINE_DUCKDB_PATH": str(self._database)}

    def read(self, table: str) -> pa.Table:
        schema, _, name = table.partition(".")
        with self._connect(read_only=True) as db:
            return _ordered(db, name, schema)[2].read_all()

    def stage(self) -> tuple[str, dict[str, int]]:
        with self._connect(read_only=True) as db:
            named = db.execute(
                "select table_name from information_schema.tables where table_schema = 'kpi' order by table_name"
            ).fetchall()
            if not named:
                raise Refused("nothing is built", where=str(self._database), remedy="run: throughline build")
            publish_id, rows = write_publish(self._publishes, (_ordered(db, name) for (name,) in named))
        return publish_id, rows

    def switch(self, publish_id: str) -> None:
        kept = staged_file(self._home, publish_id)
        if not kept.exists():
            raise Refused("is not kept any more", where=f"publish {publish_id}", remedy="build and publish again")
        link = self._home / ".published.next"
        link.unlink(missing_ok=True)
        os.link(kept, link)
        link.replace(self._home / "published.duckdb")
        link_parquet(self._home, publish_id)

    def forget(self, kept: Iterable[str]) -> None:
        forget_parquet(self._publishes, kept)

    def query(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        published = self._home / "published.duckdb"
        if not published.exists():
            raise Refused("nothing is published yet", remedy="run: throughline run")
        config: dict[str, str | bool | int | float | list[str]] = {
            "enable_external_access": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        try:
            with duckdb.connect(str(published), read_only=True, config=config) as db:
                db.execute("set lock_configuration = true")
                result = db.execute(sql)
                return [column[0] for column in result.description or []], result.fetchall()
        except duckdb.Error as error:
            raise Refused(str(error).splitlines()[0], remedy="see the tables with: show all tables") from None

    def _connect(self, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
        try:
            return duckdb.connect(str(self._database), read_only=read_only)
        except duckdb.IOException:
            if not self._database.exists():
                raise Refused("is not built yet", where=str(self._database), remedy="run: throughline build") from None
            raise Unreachable(
                "is in use by another process",
                where=str(self._database),
                remedy="wait for the running build, or end it",
            ) from None


class _Raw:
    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db

    def records(self, name: str, schema: pa.Schema, files: Mapping[str, Path]) -> None:
        if files:
            columns = ", ".join(_column(field) for field in schema)
            listed = ", ".join(_quoted(str(path)) for path in files.values())
            query = f"select {columns} from read_parquet([{listed}], union_by_name = true)"  # noqa: S608  # paths are quoted, columns are ours
        else:
            columns = ", ".join(f'cast(null as {sql_type(field)}) as "{field.name}"' for field in schema)
            query = f"select {columns} where false"
        self._db.execute(f'create or replace view raw."{name}" as {query}')

    def table(self, name: str, schema: pa.Schema, rows: Iterable[dict[str, Any]]) -> None:
        self._db.register("rows_in_memory", pa.Table.from_pylist(list(rows), schema=schema))
        columns = ", ".join(_column(field) for field in schema)
        self._db.execute(f'create or replace table raw."{name}" as select {columns} from rows_in_memory')  # noqa: S608  # columns are ours
        self._db.unregister("rows_in_memory")

    def ensure(self, name: str, schema: pa.Schema) -> None:
        present = self._db.execute(
            "select column_name from information_schema.columns "
            "where table_schema = 'raw' and table_name = ? order by ordinal_position",
            [name],
        ).fetchall()
        if [column for (column,) in present] != schema.names:
            self.table(name, schema, [])


def _column(field: pa.Field) -> str:
    """UTC instants become plain timestamps in UTC, the one timestamp type that all engines share."""
    name = f'"{field.name}"'
    return f"timezone('UTC', {name}) as {name}" if pa.types.is_timestamp(field.type) else name


def _ordered(
    db: duckdb.DuckDBPyConnection, table: str, schema: str = KPI
) -> tuple[str, pa.Schema, pa.RecordBatchReader]:
    """One built table in a fixed order, so that the same rows give the same bytes."""
    reader = db.execute(f'select * from {schema}."{table}" order by all').to_arrow_reader(BATCH_ROWS)  # noqa: S608  # names of ours
    return table, reader.schema, reader


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
