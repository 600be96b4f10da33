"""Expectations that several suites share; what holds, and why, is said where they are used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from great_expectations import expectations as gxe  # noqa: TID253  # only quality.py imports this file, inside a function
from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # the same

from expectations.sql import never

LATEST: Final = {"$PARAMETER": "latest"}  # the first moment, and the day of it, that no record can be from
LATEST_DATE: Final = {"$PARAMETER": "latest_date"}
EARLIEST: Final = {"$PARAMETER": "earliest"}
ZONE: Final = "[A-Za-z_]+(/[A-Za-z0-9_+-]+)*"
CODE: Final = "[A-Z]{{3}}"
SLUG: Final = "[a-z][a-z0-9_]*"


def rows(least: int, most: int, description: str, notes: str) -> Expectation:
    return gxe.ExpectTableRowCountToBeBetween(min_value=least, max_value=most, description=description, notes=notes)


def known(column: str, description: str, notes: str, severity: str = "critical") -> Expectation:
    return gxe.ExpectColumnValuesToNotBeNull(column=column, severity=severity, description=description, notes=notes)


def mostly_known(column: str, least: float, description: str, notes: str) -> Expectation:
    """A warning: a good export may lack them, one that lacks most was made without a right or a column."""
    return gxe.ExpectColumnProportionOfNonNullValuesToBeBetween(
        column=column, min_value=least, severity="warning", description=description, notes=notes
    )


def one_of(column: str, values: Sequence[str], description: str, notes: str) -> Expectation:
    return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=list(values), description=description, notes=notes)


def between(column: str, low: Any, high: Any, description: str, notes: str, **more: Any) -> Expectation:
    return gxe.ExpectColumnValuesToBeBetween(
        column=column, min_value=low, max_value=high, description=description, notes=notes, **more
    )


def not_later(column: str, description: str, notes: str, severity: str = "critical") -> Expectation:
    return between(column, None, LATEST, description, notes, strict_max=True, severity=severity)


def in_window(column: str, what: str, since: str) -> Expectation:
    """since: why nothing is older than `quality.EARLIEST`."""
    return between(
        column,
        EARLIEST,
        LATEST,
        f"no {what} is from before 2000, or from a day after the file was seen",
        f"{since}; what is later than the export was not yet written",
        strict_max=True,
    )


def not_negative(columns: Sequence[str], description: str, notes: str) -> Expectation:
    return never(f"least({', '.join(columns)}) < 0", ", ".join(columns), description, notes)


def short(columns: Sequence[str], most: int = 255) -> Expectation:
    too_long = " or ".join(f"length({column}) > {most}" for column in columns)
    return never(
        too_long,
        ", ".join(columns),
        f"no {' or '.join(columns)} has more than {most} characters",
        "names and words are kept, free text is not; longer ones are notes from another column",
    )
