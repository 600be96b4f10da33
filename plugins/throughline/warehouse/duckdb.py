"""DuckDB, the embedded default: one private file to build in, one public file that readers never see half done.

$HOME/warehouse.duckdb               raw (views on the lake), staging, intermediate, marts, kpi; one process at a time
$HOME/publishes/<publish_id>/        published.duckdb and kpi/<table>.parquet of one publish
$HOME/published.duckdb, $HOME/kpi    what is live: a hard link and a symbolic link, each replaced in one step
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from throughline.source import Refused

KPI_SCHEMA: Final = "kpi"
SCHEMAS: Final = ("raw", "staging", "intermediate", "marts", KPI_SCHEMA)
_BATCH_ROWS: Final = 50_000


def _type(field: pa.Field) -> str:
    kind = field.type
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision}, {kind.scale})"
    names = {
        pa.string(): "varchar",
        pa.int64(): "bigint",
        pa.float64(): "double",
        pa.bool_(): "boolean",
        pa.date32(): "date",
    }
    return "timestamp" if pa.types.is_timestamp(kind) else names[kind]


def _column(field: pa.Field) -> str:
    """UTC instants become plain timestamps in UTC, the one timestamp type that all engines share."""
    name = f'"{field.name}"'
    return f"timezone('UTC', {name}) as {name}" if pa.types.is_timestamp(field.type) else name


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class Raw:
    """Writes schema raw: views on the lake's Parquet and small tables from the ledger, in one transaction."""

    def __init__(self, database: Path) -> None:
        database.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = duckdb.connect(str(database))
        except duckdb.IOException:
            raise Refused(
                "is in use by another process", where=str(database), remedy="wait for the running build, or end it"
            ) from None
        database.chmod(0o600)

    def __enter__(self) -> Raw:
        self._db.execute("begin")
        for schema in SCHEMAS:
            self._db.execute(f"create schema if not exists {schema}")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._db.execute("rollback" if kind else "commit")
        self._db.close()

    def view(self, name: str, schema: pa.Schema, files: Sequence[Path]) -> None:
        """raw.<name> over Parquet files of one schema; typed and empty when there is none."""
        if files:
            columns = ", ".join(_column(field) for field in schema)
            listed = ", ".join(_quoted(str(path)) for path in files)
            query = f"select {columns} from read_parquet([{listed}], union_by_name = true)"  # noqa: S608  # paths are quoted, columns are ours
        else:
            columns = ", ".join(f'cast(null as {_type(field)}) as "{field.name}"' for field in schema)
            query = f"select {columns} where false"
        self._db.execute(f'create or replace view raw."{name}" as {query}')

    def table(self, name: str, schema: pa.Schema, rows: Iterable[dict[str, Any]]) -> None:
        """raw.<name> from small rows in memory."""
        self._db.register("rows_in_memory", pa.Table.from_pylist(list(rows), schema=schema))
        columns = ", ".join(_column(field) for field in schema)
        self._db.execute(f'create or replace table raw."{name}" as select {columns} from rows_in_memory')  # noqa: S608  # columns are ours
        self._db.unregister("rows_in_memory")


def publish(database: Path, publishes: Path) -> tuple[str, dict[str, int]]:
    """Copy schema kpi beside the live files. Returns (publish_id, rows a table); the same tables give the same id."""
    draft = publishes / ".writing"
    shutil.rmtree(draft, ignore_errors=True)
    (draft / KPI_SCHEMA).mkdir(parents=True)
    with duckdb.connect(str(database), read_only=True) as db:
        tables = [
            row[0]
            for row in db.execute(
                "select table_name from information_schema.tables where table_schema = 'kpi' order by table_name"
            ).fetchall()
        ]
        if not tables:
            raise Refused("nothing is built", where=str(database), remedy="run: throughline build")
        rows = {table: _to_parquet(db, table, draft / KPI_SCHEMA / f"{table}.parquet") for table in tables}
    digest = hashlib.sha256()
    for table in tables:
        digest.update(table.encode() + (draft / KPI_SCHEMA / f"{table}.parquet").read_bytes())
    publish_id = digest.hexdigest()[:16]
    with duckdb.connect(str(draft / "published.duckdb")) as db:
        db.execute(f"create schema {KPI_SCHEMA}")
        for table in tables:
            path = _quoted(str(draft / KPI_SCHEMA / f"{table}.parquet"))
            db.execute(f'create table {KPI_SCHEMA}."{table}" as select * from read_parquet({path})')  # noqa: S608  # names from the catalog
    final = publishes / publish_id
    if final.exists():
        shutil.rmtree(draft)
    else:
        draft.replace(final)
    return publish_id, rows


def switch(home: Path, publish_id: str) -> None:
    """Make one publish the live one. Readers of the old file keep it until they open it again."""
    source = home / "publishes" / publish_id
    if not (source / "published.duckdb").exists():
        raise Refused(
            "is not kept any more", where=f"publish {publish_id}", remedy="run: throughline build, then publish"
        )
    link, alias = home / ".published.next", home / ".kpi.next"
    for path in (link, alias):
        path.unlink(missing_ok=True)
    os.link(source / "published.duckdb", link)
    link.replace(home / "published.duckdb")
    alias.symlink_to(Path("publishes") / publish_id / KPI_SCHEMA)
    alias.replace(home / KPI_SCHEMA)


def forget(publishes: Path, kept: Iterable[str]) -> None:
    """Remove publishes that are no longer kept."""
    keep = set(kept)
    for path in publishes.iterdir():
        if path.is_dir() and path.name not in keep:
            shutil.rmtree(path)


def query(published: Path, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Run one read-only statement on what is published. Returns (column names, rows). Raises Refused."""
    if not published.exists():
        raise Refused("nothing is published yet", remedy="run: throughline run")
    config: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    try:
        with duckdb.connect(str(published), read_only=True, config=config) as db:
            db.execute("set lock_configuration = true")
            result = db.execute(sql)
            return [column[0] for column in result.description or []], result.fetchall()
    except duckdb.Error as error:
        raise Refused(str(error).splitlines()[0], remedy="see the tables with: show all tables") from None


def _to_parquet(db: duckdb.DuckDBPyConnection, table: str, path: Path) -> int:
    """One table in a fixed order, so that the same rows give the same bytes. Returns its rows."""
    reader = db.execute(f'select * from {KPI_SCHEMA}."{table}" order by all').to_arrow_reader(_BATCH_ROWS)  # noqa: S608  # a name from the catalog
    rows = 0
    with pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows
