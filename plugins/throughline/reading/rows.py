"""Rows of several tables on their way into batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import pyarrow as pa

from throughline.source import Batch, Table

BATCH_ROWS: Final = 20_000


class Rows:
    """values: table -> its values, flat, row after row.

    No tuple outlives its row, so the garbage collector has none to walk through.
    """

    def __init__(self, tables: Sequence[Table]) -> None:
        self._tables = tables
        self.values: dict[str, list[Any]] = {table.name: [] for table in tables}

    def batches(self, *, rest: bool = False) -> Iterator[Batch]:
        """Full batches of BATCH_ROWS; with `rest` whatever is left too."""
        for table in self._tables:
            values, width = self.values[table.name], len(table.schema)
            end = BATCH_ROWS * width
            while len(values) >= end or (rest and values):
                columns = enumerate(table.schema.types)
                arrays = [pa.array(values[at:end:width], kind) for at, kind in columns]
                del values[:end]
                yield Batch(table.name, pa.RecordBatch.from_arrays(arrays, schema=table.schema))


class Batches:
    """Record batches of any size on their way into batches of BATCH_ROWS."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self._waiting: dict[str, list[pa.RecordBatch]] = {table.name: [] for table in tables}

    def add(self, name: str, records: pa.RecordBatch) -> None:
        self._waiting[name].append(records)

    def full(self, *, rest: bool = False) -> Iterator[Batch]:
        """Full batches of BATCH_ROWS; with `rest` whatever is left too."""
        for name, waiting in self._waiting.items():
            count = sum(records.num_rows for records in waiting)
            end = count if rest else count - count % BATCH_ROWS
            if not end:
                continue
            rows = pa.Table.from_batches(waiting)
            for at in range(0, end, BATCH_ROWS):
                whole = rows.slice(at, min(BATCH_ROWS, end - at)).combine_chunks()
                yield Batch(name, whole.to_batches()[0])
            self._waiting[name] = rows.slice(end).to_batches()
