"""Cells and rows as the CRM's weekly export writes them: ISO-8859-1, all quoted, LF, 1/0, UTC without a mark."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from throughline.sample.clock import moment
from throughline.sample.identifiers import salesforce

Cell = str | int | float | bool
Row = dict[str, Cell]


def csv_bytes(rows: Iterable[Row]) -> bytes:
    """rows: all with the same columns, at least one. The whole file; its header is the first row's columns."""
    lines: list[str] = []
    for row in rows:
        if not lines:
            lines.append(_line(row))
        lines.append(_line(row.values()))
    return ("\n".join(lines) + "\n").encode("iso-8859-1")


def at_text(at: int) -> str:
    return moment(at).strftime("%Y-%m-%d %H:%M:%S")


def day_text(day: date) -> str:
    """Dates carry an empty time, which no reader may shift."""
    return f"{day} 00:00:00"


def money(amount: float) -> str:
    return f"{amount:.2f}"


def user_id(person: int) -> str:
    return salesforce("005", person + 1)


def audit(created: int, modified: int, by: int) -> Row:
    """The columns that every object ends with."""
    return {
        "CreatedDate": at_text(created),
        "CreatedById": user_id(by),
        "LastModifiedDate": at_text(modified),
        "LastModifiedById": user_id(by),
        "SystemModstamp": at_text(modified),
    }


def _line(cells: Iterable[Cell]) -> str:
    return '"' + '","'.join([_cell(cell) for cell in cells]) + '"'


def _cell(value: Cell) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value).replace('"', '""')
