"""Are two publishes the same? Keys, counts, decimals, dates and texts exactly, doubles to a relative difference."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

from throughline.warehouse import quoted

RELATIVE: Final = 1e-9


def differences(left: Path, right: Path, *, relative: float = RELATIVE) -> list[str]:
    """One sentence a table that differs, of two folders of <table>.parquet; none when all are equal."""
    ours, theirs = ({path.stem for path in folder.glob("*.parquet")} for folder in (left, right))
    found = [f"{table}: only in one of the two" for table in sorted(ours ^ theirs)]
    with duckdb.connect() as db:
        for table in sorted(ours & theirs):
            if told := _table(db, left / f"{table}.parquet", right / f"{table}.parquet", relative):
                found.append(f"{table}: {told}")
    return found


def _table(db: duckdb.DuckDBPyConnection, left: Path, right: Path, relative: float) -> str:
    kinds, others = (_columns(db, path) for path in (left, right))
    if kinds != others:
        return "other columns or types: " + ", ".join(sorted(set(map(" ".join, kinds.items() ^ others.items()))))
    exact = [f'"{name}"' for name, kind in kinds.items() if kind != "DOUBLE"]
    place = f"row_number() over (order by {', '.join(exact) or '1'}) as row_position"
    wrong = ", ".join(f'sum(case when {_differs(n, k, relative)} then 1 else 0 end) as "{n}"' for n, k in kinds.items())
    query = (
        f"with ours as (select *, {place} from read_parquet({quoted(str(left))})), "  # noqa: S608  # paths and columns of ours
        f"theirs as (select *, {place} from read_parquet({quoted(str(right))})) "
        f"select count(ours.row_position), count(theirs.row_position), {wrong} "
        "from ours full join theirs on ours.row_position = theirs.row_position"
    )
    rows, other_rows, *counts = db.execute(query).fetchone() or (0, 0)
    if rows != other_rows:
        return f"{rows} rows and {other_rows} rows"
    return ", ".join(f"{name} differs in {count} rows" for name, count in zip(kinds, counts, strict=True) if count)


def _columns(db: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    described = db.execute(f"describe select * from read_parquet({quoted(str(path))})").fetchall()  # noqa: S608  # a path of ours
    return {name: kind for name, kind, *_ in described}


def _differs(name: str, kind: str, relative: float) -> str:
    ours, theirs = f'ours."{name}"', f'theirs."{name}"'
    if kind != "DOUBLE":
        return f"{ours} is distinct from {theirs}"
    near = f"abs({ours} - {theirs}) <= {relative!r} * greatest(abs({ours}), abs({theirs}))"
    return f"{ours} is distinct from {theirs} and not coalesce({near}, false)"
