"""The engines. Each takes raw Parquet in, publishes schema kpi whole, and rolls back; all else is the same for all.

A publish is first written as Parquet in a fixed order; the hash of those bytes is its id, so the same tables
published twice are one publish.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from throughline.source import Refused

if TYPE_CHECKING:
    import duckdb

    from throughline.settings import Settings

KPI: Final = "kpi"
SCHEMAS: Final = ("raw", "staging", "intermediate", "marts", KPI)
BATCH_ROWS: Final = 50_000
# What the raw tables hold, and what each model and test of dbt was last built from: of that only what still counts.
# The macros of dbt_project/macros/increments say what is in them, and write the latter two.
STATES: Final = """
create table if not exists raw.loads (table_name varchar, file_id varchar, mark varchar);
create table if not exists raw.model_states (
    model varchar, turn bigint, version bigint, fingerprint varchar, inputs varchar
);
create table if not exists raw.model_changes (model varchar, version bigint, day date);
delete from raw.model_states where turn < (
    select max(later.turn) from raw.model_states as later where later.model = model_states.model
);
delete from raw.model_changes where exists (
    select 1 from raw.model_changes as later
    where later.model = model_changes.model and later.version > model_changes.version
        and (later.day is null or later.day = model_changes.day)
);
"""


class Raw(Protocol):
    """Schema raw while it is being written; whole or not at all."""

    def records(
        self, name: str, schema: pa.Schema, files: Mapping[str, Path], observed_until: Mapping[str, datetime | None]
    ) -> None:
        """raw.<name> holds exactly the rows of these files: file_id -> Parquet of that schema."""

    def table(self, name: str, schema: pa.Schema, rows: Iterable[dict[str, Any]]) -> None:
        """raw.<name> holds these rows."""

    def ensure(self, name: str, schema: pa.Schema) -> None:
        """raw.<name> exists with these columns; what it holds stays as long as they are the same."""


class Warehouse(Protocol):
    """One engine at one address."""

    def raw(self) -> AbstractContextManager[Raw]: ...

    def dbt_environment(self) -> dict[str, str]:
        """What the dbt profile reads."""

    def read(self, table: str) -> pa.Table:
        """All rows of one built table, "<schema>.<table>", in a fixed order. For small ones."""

    def relations(self) -> set[str]:
        """ "<schema>.<table>" of all that was built, views too."""

    def stage(self, k: int) -> tuple[str, dict[str, int]]:
        """Copy the built kpi tables beside the live ones, to be audited. Returns (publish_id, rows a table).

        What differs from the live ones by 1 to k - 1 people in a cell is copied as it was released (differencing.py).
        """

    def switch(self, publish_id: str) -> None:
        """Make one staged or kept publish the live one, in one step."""

    def forget(self, kept: Iterable[str]) -> None:
        """Remove the publishes that are no longer kept."""

    def query(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """One read-only statement on what is published: (column names, rows)."""


def connect(settings: Settings) -> Warehouse:
    """The engine that THROUGHLINE_WAREHOUSE names."""
    if settings.warehouse.startswith("duckdb:///"):
        from throughline.warehouse.duckdb import DuckDB

        return DuckDB(settings.home, Path(settings.warehouse.removeprefix("duckdb:///")))
    if settings.warehouse.startswith("spark://"):
        from throughline.warehouse.spark import Spark

        return Spark(settings.home, settings.warehouse)
    from throughline.warehouse.postgres import Postgres

    return Postgres(settings.home, settings.warehouse)


def sql_type(field: pa.Field) -> str:
    """The portable SQL type of a column; instants are UTC timestamps without a zone."""
    kind = field.type
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision}, {kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    return {
        pa.string(): "varchar",
        pa.int64(): "bigint",
        pa.float64(): "double precision",
        pa.bool_(): "boolean",
        pa.date32(): "date",
    }[kind]


def staged_file(home: Path, publish_id: str) -> Path:
    """One publish as a DuckDB file with schema kpi: what the exit gate checks and, with DuckDB, what readers open."""
    return home / "publishes" / publish_id / "published.duckdb"


def loads(files: Mapping[str, Path], observed_until: Mapping[str, datetime | None]) -> list[tuple[str, str]]:
    """(file_id, mark) of raw files, for raw.loads.

    One that was written again, or observed longer, has another mark, so that what reads it is built anew.
    """
    stats = {file_id: path.stat() for file_id, path in files.items()}
    return sorted(
        (file_id, f"{stat.st_size}-{stat.st_mtime_ns}@{observed_until.get(file_id) or ''}")
        for file_id, stat in stats.items()
    )


def load_of(rows: pa.Table) -> list[tuple[str, str]]:
    """The same of a raw table that does not come from files: a hash of its rows in any order, nothing of none."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows.sort_by([(name, "ascending") for name in rows.column_names]))
    return [("", hashlib.sha256(sink.getvalue()).hexdigest())] if rows.num_rows else []


def write_publish(
    publishes: Path, tables: Iterable[tuple[str, pa.Schema, Iterator[pa.RecordBatch]]], k: int
) -> tuple[str, dict[str, int]]:
    """Write kpi/<table>.parquet and published.duckdb of one publish, whole. Returns (publish_id, rows a table).

    What restates the live publish by 1 to k - 1 people in a cell stays as it was released.
    """
    from throughline.warehouse.differencing import hold_back

    draft = publishes / ".writing"
    shutil.rmtree(draft, ignore_errors=True)
    (draft / KPI).mkdir(parents=True)
    rows = {name: write_parquet(draft / KPI / f"{name}.parquet", schema, batches) for name, schema, batches in tables}
    hold_back(draft / KPI, publishes.parent / KPI, k)
    digest = hashlib.sha256()
    for name in rows:
        digest.update(name.encode() + (draft / KPI / f"{name}.parquet").read_bytes())
    publish_id = digest.hexdigest()[:16]
    final = publishes / publish_id
    if final.exists():
        shutil.rmtree(draft)
    else:
        _collect(draft, rows)
        draft.replace(final)
    return publish_id, rows


def write_parquet(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    """Write one table; the same rows in the same order give the same bytes. Returns the number of rows."""
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _collect(folder: Path, tables: Iterable[str]) -> None:
    """published.duckdb beside kpi/<table>.parquet."""
    import duckdb

    with duckdb.connect(str(folder / "published.duckdb")) as db:
        db.execute(f"create schema {KPI}")
        for table in tables:
            path = quoted(str(folder / KPI / f"{table}.parquet"))
            db.execute(f'create table {KPI}."{table}" as select * from read_parquet({path})')  # noqa: S608  # names from the catalog


def link_published(home: Path, publish_id: str) -> None:
    """Make $HOME/published.duckdb and $HOME/kpi those of one publish; who reads the old ones keeps them."""
    link = home / ".published.next"
    link.unlink(missing_ok=True)
    os.link(staged_file(home, publish_id), link)
    link.replace(home / "published.duckdb")
    alias = home / ".kpi.next"
    alias.unlink(missing_ok=True)
    alias.symlink_to(Path("publishes") / publish_id / KPI)
    alias.replace(home / KPI)


def read_published(home: Path, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """One statement on $HOME/published.duckdb, locked against everything else: (column names, rows)."""
    import duckdb

    published = home / "published.duckdb"
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


def ordered(
    db: duckdb.DuckDBPyConnection, table: str, schema: str = KPI
) -> tuple[str, pa.Schema, pa.RecordBatchReader]:
    """One built table in a fixed order, so that the same rows give the same bytes."""
    return table, *ordered_query(db, f'select * from {schema}."{table}"')  # noqa: S608  # names of ours


def ordered_query(db: duckdb.DuckDBPyConnection, sql: str) -> tuple[pa.Schema, pa.RecordBatchReader]:
    """The rows of a query in that order."""
    reader = db.execute(f"{sql} order by all").to_arrow_reader(BATCH_ROWS)
    return reader.schema, reader


def read_parquet(table: str, files: str) -> tuple[str, pa.Schema, pa.RecordBatchReader]:
    """One table that an engine wrote as Parquet files, in the same fixed order."""
    import duckdb

    db = duckdb.connect()
    found = db.execute(f"select * from read_parquet({quoted(files)})").to_arrow_reader(1).schema  # noqa: S608  # a path of ours
    columns = ", ".join(utc_column(field) for field in found)
    db.execute(f'create view "{table}" as select {columns} from read_parquet({quoted(files)})')  # noqa: S608  # the same
    return ordered(db, table, schema="main")


def utc_column(field: pa.Field) -> str:
    """UTC instants become plain timestamps in UTC, the one timestamp type that all engines share."""
    name = f'"{field.name}"'
    return f"timezone('UTC', {name}) as {name}" if pa.types.is_timestamp(field.type) else name


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def forget_parquet(publishes: Path, kept: Iterable[str]) -> None:
    """Remove the folders of publishes that are no longer kept."""
    keep = set(kept)
    for path in publishes.iterdir():
        if path.is_dir() and path.name not in keep:
            shutil.rmtree(path)
