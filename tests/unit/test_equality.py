"""Two publishes compared: each kind of difference is told, and no more."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from throughline.warehouse.equality import differences

SCHEMA = pa.schema(
    [("unit", pa.string()), ("n", pa.int64()), ("amount", pa.decimal128(18, 2)), ("share", pa.float64())]
)
ROWS = [("a", 1, Decimal("1.50"), 0.1), ("b", 2, None, None), ("c", None, Decimal("2.00"), 0.3)]


def written(folder: Path, rows: list[tuple[object, ...]] = ROWS, name: str = "t", schema: pa.Schema = SCHEMA) -> Path:
    folder.mkdir(exist_ok=True)
    table = pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)
    pq.write_table(table, folder / f"{name}.parquet")
    return folder


def test_the_same_rows_in_another_order_are_equal(tmp_path: Path) -> None:
    assert differences(written(tmp_path / "a"), written(tmp_path / "b", ROWS[::-1])) == []


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (ROWS[:2], "t: 3 rows and 2 rows"),
        ([*ROWS[:2], ("c", 3, Decimal("2.00"), 0.3)], "t: n differs in 1 rows"),
        ([*ROWS[:2], ("c", None, Decimal("2.01"), 0.3)], "t: amount differs in 1 rows"),
        ([*ROWS[:2], ("c", None, Decimal("2.00"), 0.3 * (1 + 2e-9))], "t: share differs in 1 rows"),
        ([*ROWS[:2], ("c", None, Decimal("2.00"), None)], "t: share differs in 1 rows"),
        ([*ROWS[:2], ("c", None, Decimal("2.00"), 0.3 * (1 + 5e-10))], ""),
    ],
)
def test_a_difference_is_told(tmp_path: Path, rows: list[tuple[object, ...]], told: str) -> None:
    assert differences(written(tmp_path / "a"), written(tmp_path / "b", rows)) == ([told] if told else [])


def test_other_tables_and_types_are_told(tmp_path: Path) -> None:
    left, right = written(tmp_path / "a"), written(tmp_path / "b", name="u")
    assert differences(left, right) == ["t: only in one of the two", "u: only in one of the two"]
    written(right, [("a", 1.0, None, None)], schema=SCHEMA.set(1, pa.field("n", pa.float64())))
    assert differences(left, right) == ["u: only in one of the two", "t: other columns or types: n BIGINT, n DOUBLE"]
