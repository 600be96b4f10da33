"""DuckDB, the embedded default: one private file to build in, one public file that readers never see half done.

$HOME/warehouse.duckdb               raw (views on the lake), staging, intermediate, marts, kpi; one process at a time
$HOME/publishes/<publish_id>/        published.duckdb and kpi/<table>.parquet of one publish
$HOME/published.duckdb, $HOME/kpi    what is live: a hard link and a symbolic link, each replaced in one step
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from throughline.source import Refused, Unreachable
from throughline.warehouse import (
    SCHEMAS,
    STATES,
    Raw,
    forget_parquet,
    link_published,
    load_of,
    loads,
    ordered,
    quoted,
    read_published,
    sql_type,
    staged_file,
    utc_column,
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
            db.execute(STATES)
            yield _Raw(db)
            db.execute("commit")

    def dbt_environment(self) -> dict[str, str]:
        return {"THROUGHLINE_DBT_TARGET": "duckdb", "THROUGHLINE_DUCKDB_PATH": str(self._database)}

    def read(self, table: str) -> pa.Table:
        schema, _, name = table.partition(".")
        with self._connect(read_only=True) as db:
            return ordered(db, name, schema)[2].read_all()

    def relations(self) -> set[str]:
        with self._connect(read_only=True) as db:
            named = db.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
        return {name for (name,) in named}

    def stage(self, k: int) -> tuple[str, dict[str, int]]:
        with self._connect(read_only=True) as db:
            named = db.execute(
                "select table_name from information_schema.tables where table_schema = 'kpi' order by table_name"
            ).fetchall()
            if not named:
                raise Refused("nothing is built", where=str(self._database), remedy="run: throughline build")
            publish_id, rows = write_publish(self._publishes, (ordered(db, name) for (name,) in named), k)
        return publish_id, rows

    def switch(self, publish_id: str) -> None:
        kept = staged_file(self._home, publish_id)
        if not kept.exists():
            raise Refused("is not kept any more", where=f"publish {publish_id}", remedy="build and publish again")
        link_published(self._home, publish_id)

    def forget(self, kept: Iterable[str]) -> None:
        forget_parquet(self._publishes, kept)

    def query(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        return read_published(self._home, sql)

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

    def records(
        self, name: str, schema: pa.Schema, files: Mapping[str, Path], observed_until: Mapping[str, datetime | None]
    ) -> None:
        """Rows of an earlier version lack columns that came later: those are NULL."""
        kinds = {f.name: "timestamptz" if pa.types.is_timestamp(f.type) else sql_type(f) for f in schema}
        nothing = ", ".join(f'cast(null as {kind}) as "{column}"' for column, kind in kinds.items())
        query = f"select {nothing} where false"
        if files:
            listed = ", ".join(quoted(str(path)) for path in files.values())
            query += f" union all by name select * from read_parquet([{listed}], union_by_name = true)"  # noqa: S608  # paths are quoted
        columns = ", ".join(utc_column(field) for field in schema)
        self._db.execute(f'create or replace view raw."{name}" as select {columns} from ({query})')  # noqa: S608  # columns are ours
        self._loaded(name, loads(files, observed_until))

    def table(self, name: str, schema: pa.Schema, rows: Iterable[dict[str, Any]]) -> None:
        table = pa.Table.from_pylist(list(rows), schema=schema)
        self._loaded(name, load_of(table))
        self._db.register("rows_in_memory", table)
        columns = ", ".join(utc_column(field) for field in schema)
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

    def _loaded(self, name: str, marks: list[tuple[str, str]]) -> None:
        self._db.execute("delete from raw.loads where table_name = ?", [name])
        if marks:
            self._db.executemany("insert into raw.loads values (?, ?, ?)", [(name, *mark) for mark in marks])
