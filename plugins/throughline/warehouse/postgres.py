"""PostgreSQL, the server: raw rows by COPY, tables built in kpi_build, views in kpi switched in one transaction.

raw, staging, intermediate, marts, kpi_build    restricted; what dbt builds
kpi_<publish_id>                                the tables of one kept publish
kpi                                             views on the live publish; all that role throughline_bi may read
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from throughline.source import Refused, Unreachable
from throughline.warehouse import (
    BATCH_ROWS,
    KPI,
    STATES,
    Raw,
    forget_parquet,
    link_published,
    load_of,
    loads,
    sql_type,
    write_publish,
)

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812  # a class of that library
    from psycopg2.extensions import cursor as Cursor  # noqa: N812  # the same

BUILD: Final = "kpi_build"
READER: Final = "throughline_bi"
_SCHEMAS: Final = ("raw", "staging", "intermediate", "marts", BUILD, KPI)


class Postgres:
    """Raises Unreachable when the server cannot be entered, Refused when it may not be written to."""

    def __init__(self, home: Path, url: str) -> None:
        self._home, self._url = home, url
        self._publishes = home / "publishes"
        parts = urlsplit(url)
        self._where = f"THROUGHLINE_WAREHOUSE={parts.scheme}://{parts.hostname or ''}{parts.path}"

    @contextmanager
    def raw(self) -> Iterator[Raw]:
        with self._connect() as connection, connection.cursor() as cursor:
            for schema in _SCHEMAS:
                cursor.execute(f"create schema if not exists {schema}")
            cursor.execute(STATES)

        # one ADBC connection for everything: COPY and the deletes belong to one transaction
        with self._adbc() as connection, connection.cursor() as cursor:
            yield _Raw(cursor)
            connection.commit()

    def dbt_environment(self) -> dict[str, str]:
        parts = urlsplit(self._url)
        options = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return {
            "THROUGHLINE_DBT_TARGET": "postgres",
            "THROUGHLINE_KPI_SCHEMA": BUILD,
            "THROUGHLINE_POSTGRES_HOST": options.get("host") or parts.hostname or "localhost",
            "THROUGHLINE_POSTGRES_PORT": str(options.get("port") or parts.port or 5432),
            "THROUGHLINE_POSTGRES_USER": unquote(parts.username or options.get("user") or "postgres"),
            "THROUGHLINE_POSTGRES_DATABASE": parts.path.strip("/") or "postgres",
            "DBT_ENV_SECRET_POSTGRES_PASSWORD": unquote(parts.password or ""),
        }

    def read(self, table: str) -> pa.Table:
        schema, _, name = table.partition(".")
        _, columns, batches = self._ordered(name, schema)
        return pa.Table.from_batches(batches, schema=columns)

    def relations(self) -> set[str]:
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute("select table_schema || '.' || table_name from information_schema.tables")
            return {name for (name,) in cursor.fetchall()}

    def stage(self, k: int) -> tuple[str, dict[str, int]]:
        with self._connect() as connection, connection.cursor() as cursor:
            names = _tables(cursor, BUILD)
            if not names:
                raise Refused("nothing is built", where=self._where, remedy="run: throughline build")
            publish_id, rows = write_publish(self._publishes, (self._ordered(name) for name in names), k)
            schema = f"{KPI}_{publish_id}"
            is_there = _tables(cursor, schema) == names
        if not is_there:
            self._copy_publish(schema, {name: self._publishes / publish_id / KPI / f"{name}.parquet" for name in names})
        return publish_id, rows

    def _copy_publish(self, schema: str, files: Mapping[str, Path]) -> None:
        """The tables that are audited, from their Parquet, with the types of the built ones; in one transaction."""
        with self._adbc() as connection, connection.cursor() as cursor:
            cursor.execute(f"drop schema if exists {schema} cascade")
            cursor.execute(f"create schema {schema}")
            for name, path in files.items():
                cursor.execute(f'create table {schema}."{name}" (like {BUILD}."{name}" including comments)')
                parquet = pq.ParquetFile(path)
                rows = pa.RecordBatchReader.from_batches(parquet.schema_arrow, parquet.iter_batches(BATCH_ROWS))
                cursor.adbc_ingest(name, rows, mode="append", db_schema_name=schema)
            connection.commit()

    def switch(self, publish_id: str) -> None:
        schema = f"{KPI}_{publish_id}"
        with self._connect() as connection, connection.cursor() as cursor:
            names = _tables(cursor, schema)
            if not names:
                raise Refused("is not kept any more", where=f"publish {publish_id}", remedy="build and publish again")
            _reader(cursor)
            for view in _tables(cursor, KPI):
                cursor.execute(f'drop view {KPI}."{view}"')
            for name in names:
                cursor.execute(f'create view {KPI}."{name}" as select * from {schema}."{name}"')  # noqa: S608  # names from the catalog
            cursor.execute(f"grant select on all tables in schema {KPI} to {READER}")
        link_published(self._home, publish_id)

    def forget(self, kept: Iterable[str]) -> None:
        keep = {f"{KPI}_{publish_id}" for publish_id in kept} | {BUILD}
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(r"select schema_name from information_schema.schemata where schema_name like 'kpi\_%'")
            for (schema,) in cursor.fetchall():
                if schema not in keep:
                    cursor.execute(f"drop schema {schema} cascade")
        forget_parquet(self._publishes, [name.removeprefix(f"{KPI}_") for name in keep])

    def query(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        import psycopg2

        with self._connect() as connection, connection.cursor() as cursor:
            if not _tables(cursor, KPI):
                raise Refused("nothing is published yet", remedy="run: throughline run")
            try:
                cursor.execute(f"set local role {READER}")
                cursor.execute("set transaction read only")
                cursor.execute(sql)
                return [column.name for column in cursor.description or ()], cursor.fetchall()
            except psycopg2.Error as error:
                raise Refused(str(error).splitlines()[0], remedy="only schema kpi can be read") from None

    def _adbc(self) -> Any:
        import adbc_driver_postgresql.dbapi as adbc

        return adbc.connect(self._url)

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        """One transaction."""
        import psycopg2

        try:
            connection = psycopg2.connect(self._url)
        except psycopg2.OperationalError as error:
            why = str(error).strip().splitlines()[0].rpartition("failed: ")[2] or "no answer"
            raise Unreachable(
                why, where=self._where, remedy="check that the server runs and its address, user and database"
            ) from None
        try:
            with connection:
                yield connection
        except psycopg2.errors.InsufficientPrivilege as error:
            raise Refused(
                str(error).splitlines()[0], where=self._where, remedy="let the database's owner run it"
            ) from None
        finally:
            connection.close()

    def _ordered(self, table: str, schema: str = BUILD) -> tuple[str, pa.Schema, Iterator[pa.RecordBatch]]:
        """One built table, ordered by all its columns in byte order, as Arrow."""
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(
                "select column_name, data_type, numeric_precision, numeric_scale from information_schema.columns "
                "where table_schema = %s and table_name = %s order by ordinal_position",
                (schema, table),
            )
            columns = cursor.fetchall()
        arrow = pa.schema([(name, _arrow_type(kind, *digits)) for name, kind, *digits in columns])
        order = ", ".join(_in_byte_order(name, arrow.field(name).type) for name in arrow.names)
        return table, arrow, self._batches(f'select * from {schema}."{table}" order by {order}', arrow)  # noqa: S608  # names from the catalog

    def _batches(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        with self._connect() as connection, connection.cursor("kpi_rows") as cursor:
            cursor.itersize = BATCH_ROWS
            cursor.execute(sql)
            while rows := cursor.fetchmany(BATCH_ROWS):
                columns = zip(*rows, strict=True)
                arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)


class _Raw:
    """cursor: of an ADBC connection, whose transaction the caller commits."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def records(
        self, name: str, schema: pa.Schema, files: Mapping[str, Path], observed_until: Mapping[str, datetime | None]
    ) -> None:
        self._create(name, schema)
        self._cursor.execute("select file_id, mark from raw.loads where table_name = $1", (name,))
        present, wanted = set(map(tuple, self._cursor.fetchall())), set(loads(files, observed_until))
        if not present:
            self._cursor.execute(f'delete from raw."{name}"')  # noqa: S608  # a name of ours
        for file_id, mark in sorted(present - wanted):
            self._cursor.execute(f'delete from raw."{name}" where file_id = $1', (file_id,))  # noqa: S608  # a name of ours
            load = (name, file_id, mark)
            self._cursor.execute("delete from raw.loads where (table_name, file_id, mark) = ($1, $2, $3)", load)
        for file_id, mark in sorted(wanted - present):
            self._copy(name, schema, pq.ParquetFile(files[file_id]).iter_batches(BATCH_ROWS))
            self._loaded(name, file_id, mark)

    def table(self, name: str, schema: pa.Schema, rows: Iterable[dict[str, Any]]) -> None:
        self._create(name, schema)
        self._cursor.execute(f'delete from raw."{name}"')  # noqa: S608  # a name of ours
        table = pa.Table.from_pylist(list(rows), schema=schema)
        self._copy(name, schema, iter(table.to_batches()))
        self._cursor.execute("delete from raw.loads where table_name = $1", (name,))
        for file_id, mark in load_of(table):
            self._loaded(name, file_id, mark)

    def ensure(self, name: str, schema: pa.Schema) -> None:
        self._create(name, schema)

    def _loaded(self, name: str, file_id: str, mark: str) -> None:
        self._cursor.execute("insert into raw.loads values ($1, $2, $3)", (name, file_id, mark))

    def _create(self, name: str, schema: pa.Schema) -> None:
        """The table with these columns; one with other columns (an older version's) is made anew."""
        self._cursor.execute(
            "select column_name from information_schema.columns "
            "where table_schema = 'raw' and table_name = $1 order by ordinal_position",
            (name,),
        )
        present = [row[0] for row in self._cursor.fetchall()]
        if present and present != schema.names:
            self._cursor.execute(f'drop table raw."{name}" cascade')
            self._cursor.execute("delete from raw.loads where table_name = $1", (name,))
        if present != schema.names:
            columns = ", ".join(f'"{field.name}" {sql_type(field)}' for field in schema)
            self._cursor.execute(f'create table raw."{name}" ({columns})')

    def _copy(self, name: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
        plain = pa.schema([pa.field(f.name, _without_zone(f.type)) for f in schema])
        reader = pa.RecordBatchReader.from_batches(plain, (_completed(batch, schema).cast(plain) for batch in batches))
        self._cursor.adbc_ingest(name, reader, mode="append", db_schema_name="raw")


def _completed(records: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Rows of an earlier version lack columns that came later: those are NULL."""
    given = dict(zip(records.schema.names, records.columns, strict=True))
    columns = [given[f.name] if f.name in given else pa.nulls(records.num_rows, f.type) for f in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _without_zone(kind: pa.DataType) -> pa.DataType:
    return pa.timestamp("us") if pa.types.is_timestamp(kind) else kind


def _arrow_type(kind: str, precision: int | None, scale: int | None) -> pa.DataType:
    if kind == "numeric":
        return pa.decimal128(precision or 38, scale or 0)
    return {
        "bigint": pa.int64(),
        "integer": pa.int32(),
        "double precision": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp without time zone": pa.timestamp("us"),
    }.get(kind, pa.string())


def _in_byte_order(column: str, kind: pa.DataType) -> str:
    return f'"{column}" collate "C"' if pa.types.is_string(kind) else f'"{column}"'


def _tables(cursor: Cursor, schema: str) -> list[str]:
    cursor.execute(
        "select table_name from information_schema.tables where table_schema = %s order by table_name", (schema,)
    )
    return [row[0] for row in cursor.fetchall()]


def _reader(cursor: Cursor) -> None:
    """The role that BI tools log in under or are granted: it sees schema kpi and nothing else."""
    cursor.execute("select 1 from pg_roles where rolname = %s", (READER,))
    if cursor.fetchone() is None:
        cursor.execute(f"create role {READER} nologin")
    cursor.execute(f"grant usage on schema {KPI} to {READER}")
    cursor.execute(f"grant {READER} to current_user")
