"""Named fields of a delimited export -> typed records, with an account of all that could not be read.

The same rules for every source that comes as CSV:
- a required field that is missing refuses the file, an optional one gives NULL, others are not read;
- a row without a readable required value, or with another number of cells than the header, is rejected by its number;
- an optional value that cannot be read becomes NULL, counted and reported once a field; where more values of a field
  are unreadable than readable, the format is wrong and not the value: the file is refused;
- a date that is not ISO refuses the file with its readings, unless the order of day, month and year was declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from throughline.reading import cells, delimited
from throughline.source import AMOUNT, TIMESTAMP, Batch, Ignored, Parsed, Refused, Rejected

Reader = Callable[[pa.Array, str | None], pa.Array]

KINDS: Final[Mapping[str, tuple[pa.DataType, Reader]]] = {
    "text": (pa.string(), lambda values, _: values),
    "e-mail": (pa.string(), lambda values, _: cells.emails(values)),
    "time zone": (pa.string(), lambda values, _: cells.time_zones(values)),
    "flag": (pa.bool_(), lambda values, _: cells.flags(values)),
    "count": (pa.int64(), lambda values, _: cells.counts(values)),
    "number": (pa.float64(), lambda values, _: cells.numbers(values)),
    "amount": (AMOUNT, lambda values, _: cells.amounts(values)),
    "percentage": (pa.float64(), lambda values, _: cells.percentages(values)),
    "date": (pa.date32(), cells.dates),
    "date-time": (TIMESTAMP, cells.moments),
}


@dataclass(frozen=True)
class Field:
    """One field: our column, the names that exports give it (the first that is there), its kind, needed or not.

    person: namespace of the identifier in it. strict: an unreadable value rejects the row, an empty one does not.
    """

    column: str
    names: tuple[str, ...]
    kind: str = "text"
    required: bool = False
    strict: bool = False
    person: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS or not self.names:
            raise ValueError(f"field {self.column}: needs a name and a kind of {', '.join(KINDS)}")


def schema(fields: Sequence[Field]) -> pa.Schema:
    """One column a field, in order."""
    return pa.schema([(one.column, KINDS[one.kind][0]) for one in fields])


def people(fields: Sequence[Field]) -> dict[str, str]:
    """Column -> namespace."""
    return {one.column: one.person for one in fields if one.person}


@dataclass(frozen=True)
class Form:
    """The fields of a table.

    nothing: spellings of an empty cell; alike: names that are equal under it are one; checks: reason -> the rows of
    a batch that are rejected for it.
    """

    table: str
    fields: tuple[Field, ...]
    nothing: tuple[str, ...] = ("",)
    alike: Callable[[str], str] = str.lower
    checks: Mapping[str, Callable[[pa.RecordBatch], pa.Array]] = field(default_factory=dict)


def records(sheet: delimited.Sheet, chunks: delimited.Chunks, form: Form, order: str | None = None) -> Iterator[Parsed]:
    """The rows as batches of `schema(form.fields)`, the rejected ones, and at the end what became NULL."""
    at = positions(sheet, form)
    tallies = {column: Tally() for column in at}
    whole = schema(form.fields)
    for part in delimited.rows(sheet, chunks, at, form.nothing):
        if isinstance(part, delimited.Misfit):
            yield Rejected(form.table, f"{sheet.place} row {part.number}", "not as many cells as the header")
            continue
        typed: list[pa.Array] = []
        wrong: dict[int, str] = {}  # index in the batch -> the first reason
        for one in form.fields:
            if one.column not in at:
                typed.append(pa.nulls(len(part.numbers), KINDS[one.kind][0]))
                continue
            header = sheet.header[at[one.column]]
            text = cells.texts(part.records.column(one.column))
            values = _typed(sheet, one, header, text, part.numbers, order)
            typed.append(values)
            bad = tallies[one.column].add(text, values, part.numbers)
            if bad and (one.required or one.strict):
                _note(wrong, cells.unreadable(text, values), f"{header} cannot be read as {one.kind}")
            if one.required and text.null_count:
                _note(wrong, pc.is_null(text), f"{header} is empty")
        batch = pa.RecordBatch.from_arrays(typed, schema=whole)
        for reason, check in form.checks.items():
            _note(wrong, pc.fill_null(check(batch), False), reason)
        if wrong:
            for index, reason in sorted(wrong.items()):
                yield Rejected(form.table, f"{sheet.place} row {part.numbers[index]}", reason)
            batch = batch.filter(pa.array([index not in wrong for index in range(batch.num_rows)]))
        if batch.num_rows:
            yield Batch(form.table, batch)
    for one in form.fields:
        if one.column in at and tallies[one.column].unreadable:
            yield from _judged(sheet, one, sheet.header[at[one.column]], tallies[one.column])


def positions(sheet: delimited.Sheet, form: Form) -> dict[str, int]:
    """Column -> position in the header. Raises Refused for a required field that is missing, or one there twice."""
    header = [form.alike(name) for name in sheet.header]
    at: dict[str, int] = {}
    for one in form.fields:
        given = next((name for name in map(form.alike, one.names) if name in header), None)
        if given is None and one.required:
            remedy = f"export it again with a column {one.names[0]}"
            raise Refused(f"column {one.names[0]} is missing", where=sheet.place, remedy=remedy)
        if given is None:
            continue
        if header.count(given) > 1:
            raise Refused(f"column {one.names[0]} is there twice", where=sheet.place, remedy="leave one of them out")
        at[one.column] = header.index(given)
    return at


@dataclass
class Tally:
    """How many values of a field could be read; first: the row of the first that could not."""

    readable: int = 0
    unreadable: int = 0
    first: int = field(default=0)

    def add(self, text: pa.Array, typed: pa.Array, numbers: Sequence[int]) -> int:
        """Count one batch; returns how many could not be read."""
        bad = 0
        if typed.null_count:
            mask = cells.unreadable(text, typed)
            bad = pc.sum(mask).as_py() or 0
            if bad and not self.unreadable:
                self.first = numbers[pc.index(mask, True).as_py()]
        self.unreadable += bad
        self.readable += len(text) - text.null_count - bad
        return bad


def _typed(
    sheet: delimited.Sheet, one: Field, header: str, text: pa.Array, numbers: Sequence[int], order: str | None
) -> pa.Array:
    place = f"{sheet.place}, column {header}"
    try:
        return KINDS[one.kind][1](text, order)
    except cells.Unclear as unclear:
        means = " or ".join(unclear.readings)
        what = f"a date that is not written YYYY-MM-DD may mean {means} (row {numbers[unclear.index]})"
        remedy = "export ISO dates, or land the file in a folder that declares them, such as dates=DD-MM-YY"
        raise Refused(what, where=place, remedy=remedy) from None
    except cells.Fraction as fraction:
        what = f"holds a value between 0 and 1 (row {numbers[fraction.index]}) where percentages from 0 to 100 are due"
        raise Refused(what, where=place, remedy="export the field as the tool shows it, 0 to 100") from None


def _judged(sheet: delimited.Sheet, one: Field, header: str, tally: Tally) -> Iterator[Ignored]:
    place = f"{sheet.place}, column {header}"
    if tally.unreadable > tally.readable:
        what = f"most values cannot be read as {one.kind} (first in row {tally.first})"
        raise Refused(
            what, where=place, remedy="export the values as the tool writes them, not as a spreadsheet shows them"
        )
    if not one.required and not one.strict:
        yield Ignored(
            place, f"{tally.unreadable:,} values cannot be read as {one.kind} and are NULL (first in row {tally.first})"
        )


def _note(wrong: dict[int, str], mask: pa.Array, reason: str) -> None:
    for index in pc.indices_nonzero(mask).to_pylist():
        wrong.setdefault(index, reason)
