"""The lake: raw Parquet, pseudonymised, written whole or not at all.

    lake/raw/<source>/<table>/<file_id>.parquet        the records of one landing file
    lake/rejects/<source>/<file_id>.parquet            what was left out of it: table, place, reason
    lake/columns/<source>/<file_id>.parquet            of its headers: table, column, used, missing or new

Everything is written below lake/.writing/<file_id>/, synced, then renamed; the ledger says which files count.
Two columns are added to every row: file_id, and loaded_at, the time the file was first seen (so that taking it
again gives the same bytes).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from throughline.landing import LandingFile
from throughline.privacy import Pseudonymiser
from throughline.source import (
    TIMESTAMP,
    Batch,
    Columns,
    Damaged,
    Ignored,
    Parsed,
    Refused,
    Rejected,
    Source,
    Stopped,
    Table,
)

if TYPE_CHECKING:
    import duckdb

LINEAGE: Final = (pa.field("file_id", pa.string()), pa.field("loaded_at", TIMESTAMP))
REJECTS: Final = pa.schema(
    [("file_id", pa.string()), ("table_name", pa.string()), ("place", pa.string()), ("reason", pa.string())]
)
COLUMNS: Final = pa.schema(
    [("file_id", pa.string()), ("table_name", pa.string()), ("column_name", pa.string()), ("status", pa.string())]
)
_REJECTS_A_BATCH: Final = 10_000
_DICTIONARY_BYTES: Final = 1 << 15


@dataclass
class Landed:
    """What one landing file became. parquet: table -> file; observed times are UTC, None when the export has none."""

    parquet: dict[str, Path] = field(default_factory=dict)
    rows_in: int = 0
    rows_loaded: int = 0
    rows_rejected: int = 0
    rows_duplicate: int = 0
    observed_from: datetime | None = None
    observed_until: datetime | None = None
    damaged: list[Damaged] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    columns: set[tuple[str, str, str]] = field(default_factory=set)  # table, column, status


def raw_schema(table: Table) -> pa.Schema:
    """The table's schema as written: its own columns, then file_id and loaded_at."""
    return pa.schema([*table.schema, *LINEAGE])


def raw_file(lake: Path, source: str, table: str, file_id: str) -> Path:
    return lake / "raw" / source / table / f"{file_id}.parquet"


def rejects_file(lake: Path, source: str, file_id: str) -> Path:
    return lake / "rejects" / source / f"{file_id}.parquet"


def columns_file(lake: Path, source: str, file_id: str) -> Path:
    return lake / "columns" / source / f"{file_id}.parquet"


def columns(lake: Path, source: str, file_id: str) -> list[dict[str, str]]:
    """Rows of COLUMNS for one file; none where it has no header."""
    path = columns_file(lake, source, file_id)
    rows: list[dict[str, str]] = pq.read_table(path).to_pylist() if path.exists() else []
    return rows


def land(lake: Path, source: Source, file: LandingFile, people: Pseudonymiser) -> Landed:
    """Parse one landing file into the lake. Raises Refused (from the parser) and leaves nothing behind then."""
    draft = lake / ".writing" / file.file_id
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        landed = _write(draft, source, file, people)
        for table in source.tables:
            final = raw_file(lake, source.name, table.name, file.file_id)
            if table.name in landed.parquet:
                _replace(landed.parquet[table.name], final)
                landed.parquet[table.name] = final
            else:
                final.unlink(missing_ok=True)
        beside = {"rejects.parquet": rejects_file, "columns.parquet": columns_file}
        for name, place in beside.items():
            written, final = draft / name, place(lake, source.name, file.file_id)
            if written.exists():
                _replace(written, final)
            else:
                final.unlink(missing_ok=True)
        return landed
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write(draft: Path, source: Source, file: LandingFile, people: Pseudonymiser) -> Landed:
    landed = Landed()
    with ExitStack() as open_files:
        writers: dict[str, pq.ParquetWriter] = {}
        rejects = open_files.enter_context(closing(_Rejects(draft / "rejects.parquet", file.file_id)))
        for part in open_files.enter_context(closing(_parsed(source, file))):
            match part:
                case Batch(name, records):
                    table = source.table(name)
                    if not records.schema.equals(table.schema):
                        raise TypeError(f"the parser of {source.name} gave {name} another schema than it declares")
                    if name not in writers:
                        landed.parquet[name] = draft / f"{name}.parquet"
                        writers[name] = open_files.enter_context(_writer(landed.parquet[name], raw_schema(table)))
                    landed.rows_in += records.num_rows
                    _observe(landed, table, records)
                    writers[name].write_batch(_lineage(people.batch(records, table.people), table, file))
                case Rejected():
                    landed.rows_in += 1
                    landed.rows_rejected += 1
                    rejects.add(part)
                case Damaged():
                    landed.damaged.append(part)
                case Ignored():
                    landed.ignored.append(part)
                case Columns():
                    landed.columns |= {(part.table, name, "used") for name in part.used}
                    landed.columns |= {(part.table, name, "missing") for name in part.missing}
                    landed.columns |= {(part.table, name, "new") for name in part.new}
    if landed.columns:
        rows = [dict(zip(COLUMNS.names, (file.file_id, *row), strict=True)) for row in sorted(landed.columns)]
        with _writer(draft / "columns.parquet", COLUMNS) as writer:
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=COLUMNS))
    landed.rows_duplicate = _drop_repeated({path: source.table(name) for name, path in landed.parquet.items()}, draft)
    landed.rows_loaded = landed.rows_in - landed.rows_rejected - landed.rows_duplicate
    if source.observed_from_seen and landed.observed_until is None:
        landed.observed_from = landed.observed_until = file.seen_at
    return landed


class _Rejects:
    """Rows left out, written in batches; no file when there are none."""

    def __init__(self, path: Path, file_id: str) -> None:
        self._path, self._file_id = path, file_id
        self._rows: list[dict[str, str]] = []
        self._writer: pq.ParquetWriter | None = None

    def add(self, part: Rejected) -> None:
        row = {"file_id": self._file_id, "table_name": part.table, "place": part.place, "reason": part.reason}
        self._rows.append(row)
        if len(self._rows) >= _REJECTS_A_BATCH:
            self._flush()

    def close(self) -> None:
        if self._rows:
            self._flush()
        if self._writer:
            self._writer.close()

    def _flush(self) -> None:
        self._writer = self._writer or _writer(self._path, REJECTS)
        self._writer.write_batch(pa.RecordBatch.from_pylist(self._rows, schema=REJECTS))
        self._rows.clear()


def _parsed(source: Source, file: LandingFile) -> Generator[Parsed]:
    """The parser's yield; what it did not foresee becomes a refusal, faults of the machine stay what they are."""
    try:
        yield from source.parse(file)
    except (Stopped, OSError, MemoryError):
        raise
    except Exception as error:
        what = f"cannot be read as {source.title} ({type(error).__name__} while parsing)"
        remedy = "check that this is the export as the tool wrote it; if it is, the parser has a gap worth reporting"
        raise Refused(what, where=file.name, remedy=remedy) from error


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    # a column whose values hardly repeat is written without a dictionary, which is smaller and takes less time
    return pq.ParquetWriter(
        path, schema, compression="zstd", compression_level=1, dictionary_pagesize_limit=_DICTIONARY_BYTES
    )


def _lineage(records: pa.RecordBatch, table: Table, file: LandingFile) -> pa.RecordBatch:
    values = (pa.scalar(file.file_id, pa.string()), pa.scalar(file.seen_at, TIMESTAMP))
    lineage = [pa.repeat(value, records.num_rows) for value in values]
    return pa.RecordBatch.from_arrays([*records.columns, *lineage], schema=raw_schema(table))


def _observe(landed: Landed, table: Table, records: pa.RecordBatch) -> None:
    if table.observed is None:
        return
    bounds = pc.min_max(records.column(table.observed)).as_py()
    low, high = bounds["min"], bounds["max"]
    if low is not None:
        landed.observed_from = min(filter(None, (landed.observed_from, low)))
        landed.observed_until = max(filter(None, (landed.observed_until, high)))


def _drop_repeated(written: Mapping[Path, Table], draft: Path) -> int:
    """Keep one row a key inside one file (the highest version, then the last); returns how many were dropped."""
    import duckdb

    with duckdb.connect(config={"memory_limit": "64MB", "temp_directory": str(draft), "threads": "2"}) as db:
        return sum(_repeated(db, path, table) for path, table in written.items())


def _repeated(db: duckdb.DuckDBPyConnection, path: Path, table: Table) -> int:
    keys = ", ".join(f'"{column}"' for column in table.key)
    version = f'"{table.version}" desc nulls last, ' if table.version else ""
    source = f"read_parquet('{str(path).replace(chr(39), chr(39) * 2)}', file_row_number = true)"

    def counted(what: str) -> int:
        (count,) = db.execute(f"select count(*) - {what} from {source}").fetchone() or (0,)  # noqa: S608  # names from our own table
        return int(count)

    if not counted(f"count(distinct hash({keys}))"):  # as many hashes as rows: no key twice, for a third of the time
        return 0
    db.execute("set memory_limit = '256MB'")  # for whole rows
    if repeated := counted(f"count(distinct row({keys}))"):
        kept = db.execute(
            "select * exclude (file_row_number, copy_number) from (select *, row_number() over "  # noqa: S608  # names from our own table
            f"(partition by {keys} order by {version} file_row_number desc) copy_number from {source}) "
            "where copy_number = 1 order by file_row_number"
        ).to_arrow_reader(20_000)
        schema = raw_schema(table)
        whole = path.with_suffix(".whole")
        with _writer(whole, schema) as writer:
            for batch in kept:
                writer.write_batch(batch.cast(schema))
        whole.replace(path)
    return repeated


def _replace(draft: Path, final: Path) -> None:
    final.parent.mkdir(parents=True, exist_ok=True)
    with draft.open("rb") as stream:
        os.fsync(stream.fileno())
    draft.replace(final)
