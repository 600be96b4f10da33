"""Expectations in SQL, for what the library cannot say on DuckDB (patterns, types): rows that must not be there."""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations import expectations as gxe  # noqa: TID253  # only quality.py imports this file, inside a function


class NoRows(gxe.UnexpectedRowsExpectation):
    """No row comes back from `unexpected_rows_query`, in which {batch} is the table; literal braces are doubled.

    The library's own class fetches the rows too, and runs the query twice for it: in a file where nothing is right
    those would be all rows of the file, and they may name people. Here they are counted, and stay in the database.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    def _validate(self, metrics: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        count = metrics["unexpected_rows_query.row_count"]
        return {"success": count == 0, "result": {"observed_value": count}}


def never(condition: str, column: str, description: str, notes: str, severity: str = "critical") -> NoRows:
    """No row of the table fulfils the condition (our own SQL; literal braces are doubled)."""
    return NoRows(
        unexpected_rows_query=f"select 1 from {{batch}} where {condition}",  # noqa: S608  # our own words
        severity=severity,
        description=description,
        notes=notes,
        meta={"column": column},
    )
