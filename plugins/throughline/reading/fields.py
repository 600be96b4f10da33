"""Named fields of a delimited export -> typed records, with an account of all that could not be read.

The same rules for every source that comes as CSV:
- a required field that is missing refuses the file, an optional one gives NULL, others are not read; what the header
  holds of all these is told once a sheet, those that nobody knew of as new;
- a row without a readable required value, or with another number of cells than the header, is rejected by its number;
- an optional value that cannot be read becomes NULL, counted and reported once a field; where more values of a field
  are unreadable than readable, the format is wrong and not the value: the file is refused;
- an id that a spreadsheet shortened (1.23457E+11) refuses the file;
- a date that is not ISO refuses the file with its readings, unless the order of day, month and year was declared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from throughline.reading import cells, delimited
from throughline.reading.declared import Declared
from throughline.reading.money import UnclearAmount, money
from throughline.source import AMOUNT, TIMESTAMP, Batch, Columns, Header, Ignored, Parsed, Refused, Rejected

# words, not addresses, numbers of people or notes; the longest label of a vendor has 74 characters
_COLUMN: Final = re.compile(r"(?!.*(?:\d{6}|[0-9a-f]{32}))[^@\x00-\x1f]{1,100}")

_SHORTENED: Final = r"^[0-9](?:[.,][0-9]+)?E\+[0-9]{2}$"  # 1.23457E+11, as which several ids become one

Reader = Callable[[pa.Array, Declared], pa.Array]

KINDS: Final[Mapping[str, tuple[pa.DataType, Reader]]] = {
    "text": (pa.string(), lambda values, _: values),
    "e-mail": (pa.string(), lambda values, _: cells.emails(values)),
    "time zone": (pa.string(), lambda values, _: cells.time_zones(values)),
    "flag": (pa.bool_(), lambda values, _: cells.flags(values)),
    "count": (pa.int64(), lambda values, _: cells.counts(values)),
    "number": (pa.float64(), lambda values, told: cells.numbers(_pointed(values, told))),
    "amount": (AMOUNT, lambda values, told: money(values, told.decimal) if told.decimal else cells.amounts(values)),
    "money": (AMOUNT, lambda values, told: money(values, told.decimal)),
    "currency": (pa.string(), lambda values, _: cells.codes(values)),
    "percentage": (pa.float64(), lambda values, told: cells.percentages(_pointed(values, told))),
    "share": (pa.float64(), lambda values, told: cells.shares(_pointed(values, told))),
    "date": (pa.date32(), lambda values, told: cells.dates(values, told.order)),
    "date-time": (TIMESTAMP, lambda values, told: cells.moments(values, told.order, told.zone)),
}


def _pointed(values: pa.Array, told: Declared) -> pa.Array:
    """Numbers without marks of thousands, with a point for a declared comma; a point is then no decimal sign."""
    return pc.replace_substring(pc.replace_substring(values, ".", "'"), ",", ".") if told.decimal == "," else values


@dataclass(frozen=True)
class Field:
    """One field: our column, the names that exports give it (the first that is there), its kind, needed or not.

    person: namespace of the identifier in it. strict: an unreadable value rejects the row, an empty one does not.
    present: the column must be there, its cells may be empty. unless: a column beside which this one adds nothing.
    """

    column: str
    names: tuple[str, ...]
    kind: str = "text"
    required: bool = False
    strict: bool = False
    person: str | None = None
    present: bool = False
    unless: str | None = None

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
    a batch that are rejected for it; single: the reason to reject a row that gives a subject another value than an
    earlier row did, and subject and value of each row of a batch; local: times that name no zone are the exporting
    user's, so taking them as UTC, where no zone was declared, is reported; left_out: columns that are known and not
    read on purpose, * for any ending; added: how columns are called that a company added, where the tool has hundreds
    of its own (those are left out too).
    """

    table: str
    fields: tuple[Field, ...]
    nothing: tuple[str, ...] = ("",)
    alike: Callable[[str], str] = str.lower
    checks: Mapping[str, Callable[[pa.RecordBatch], pa.Array]] = field(default_factory=dict)
    single: tuple[str, Callable[[pa.RecordBatch], Iterable[tuple[Hashable, Hashable]]]] | None = None
    local: bool = False
    left_out: tuple[str, ...] = ()
    added: re.Pattern[str] | None = None

    def header(self, table: str | None = None) -> Header:
        """What it declares. table: where its rows go, if not to a table of its own name."""
        needed = [one for one in self.fields if one.required or one.present]
        given = {"required": needed, "optional": [one for one in self.fields if one not in needed]}
        names = {kind: tuple(dict.fromkeys(one.names[0] for one in ones)) for kind, ones in given.items()}
        return Header(table or self.table, left_out=self.left_out, **names)


def columns(header: Sequence[str], form: Form) -> Columns:
    """What a header holds of the form's fields; a name that may hold more than a name is not shown."""
    spelled = {form.alike(name): name for name in header if name}
    found = {one.column: _given(one, form, spelled) for one in form.fields}
    used = [spelled[name] for name in dict.fromkeys(found.values()) if name]
    lost = [one.names[0] for one in form.fields if not found[one.column] and not found.get(one.unless or "")]
    known = {form.alike(name) for one in form.fields for name in one.names} | set(map(form.alike, form.left_out))
    endings = tuple(form.alike(name.removesuffix("*")) for name in form.left_out if name.endswith("*"))
    new = [shown for name, shown in spelled.items() if name not in known and not name.startswith(endings)]
    if form.added:
        new = [name for name in new if form.added.fullmatch(name)]
    return Columns(form.table, *(tuple(map(shown, names)) for names in (used, dict.fromkeys(lost), new)))


def _given(one: Field, form: Form, header: Collection[str]) -> str | None:
    """The first of the field's names that the header has, both made alike."""
    return next((name for name in map(form.alike, one.names) if name in header), None)


def shown(name: str) -> str:
    """The name, unless it may hold more than a name."""
    return name if _COLUMN.fullmatch(name) else "(a name that is not shown)"


def records(sheet: delimited.Sheet, chunks: delimited.Chunks, form: Form, told: Declared) -> Iterator[Parsed]:
    """The rows as batches of `schema(form.fields)`, the rejected ones, and at the end what became NULL.

    told: what the landing folder declares of dates, times and amounts. Where values must be `single` two numbers a
    subject are held.
    """
    at = positions(sheet, form)
    yield columns(sheet.header, form)
    tallies = {column: Tally() for column in at}
    known: dict[int, int] = {}
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
            values = _typed(sheet, one, header, text, part.numbers, told)
            typed.append(values)
            if form.local and not told.zone and one.kind == "date-time":
                tallies[one.column].zoneless |= cells.zoneless(text)
            bad = tallies[one.column].add(text, values, part.numbers)
            if bad and (one.required or one.strict):
                _note(wrong, cells.unreadable(text, values), f"{header} cannot be read as {one.kind}")
            if one.required and text.null_count:
                _note(wrong, pc.is_null(text), f"{header} is empty")
        batch = pa.RecordBatch.from_arrays(typed, schema=whole)
        for reason, check in form.checks.items():
            _note(wrong, pc.fill_null(check(batch), False), reason)
        _note_others(wrong, batch, form, known)
        if wrong:
            for index, reason in sorted(wrong.items()):
                yield Rejected(form.table, f"{sheet.place} row {part.numbers[index]}", reason)
            batch = batch.filter(pa.array([index not in wrong for index in range(batch.num_rows)]))
        if batch.num_rows:
            yield Batch(form.table, batch)
    yield from _findings(sheet, form, at, tallies)


def positions(sheet: delimited.Sheet, form: Form) -> dict[str, int]:
    """Column -> position in the header. Raises Refused for a required field that is missing, or one there twice."""
    header = [form.alike(name) for name in sheet.header]
    at: dict[str, int] = {}
    for one in form.fields:
        given = _given(one, form, header)
        if given is None and (one.required or one.present):
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
    """How many values of a field could be read; first: the row of the first that could not; zoneless: times without
    a zone were taken as UTC."""

    readable: int = 0
    unreadable: int = 0
    first: int = field(default=0)
    zoneless: bool = False

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
    sheet: delimited.Sheet, one: Field, header: str, text: pa.Array, numbers: Sequence[int], told: Declared
) -> pa.Array:
    place = f"{sheet.place}, column {header}"
    if one.required and one.kind == "text" and pc.any(shortened := pc.match_substring_regex(text, _SHORTENED)).as_py():
        what = f"a number was shortened by a spreadsheet (row {numbers[pc.index(shortened, True).as_py()]})"
        raise Refused(what, where=place, remedy="export it again, and land it without saving it in a spreadsheet")
    try:
        return KINDS[one.kind][1](text, told)
    except cells.Unclear as unclear:
        means = " or ".join(unclear.readings)
        what = f"a date that is not written YYYY-MM-DD may mean {means} (row {numbers[unclear.index]})"
        remedy = "export ISO dates, or land the file in a folder that declares them, such as dates=DD-MM-YY"
        raise Refused(what, where=place, remedy=remedy) from None
    except UnclearAmount as unclear:
        row = numbers[unclear.index]
        what = f"an amount has one {unclear.mark}, which may divide thousands or decimals (row {row})"
        remedy = "land the file in a folder that declares the decimal sign: decimal=comma or decimal=point"
        raise Refused(what, where=place, remedy=remedy) from None
    except cells.Fraction as fraction:
        what = f"holds a value between 0 and 1 (row {numbers[fraction.index]}) where percentages from 0 to 100 are due"
        raise Refused(what, where=place, remedy="export the field as the tool shows it, 0 to 100") from None


def _findings(
    sheet: delimited.Sheet, form: Form, at: Mapping[str, int], tallies: Mapping[str, Tally]
) -> Iterator[Ignored]:
    if sheet.broken:
        yield Ignored(sheet.place, f"{sheet.broken:,} characters are no UTF-8 and are replaced by a mark")
    if zoneless := sorted({sheet.header[at[column]] for column, tally in tallies.items() if tally.zoneless}):
        remedy = "land the file in a folder such as zone=Europe/Berlin if they are of another zone"
        yield Ignored(sheet.place, f"times of {', '.join(zoneless)} name no zone and are taken as UTC; {remedy}")
    for one in form.fields:
        if one.column in at and tallies[one.column].unreadable:
            yield from _judged(sheet, one, sheet.header[at[one.column]], tallies[one.column])


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


def _note_others(wrong: dict[int, str], batch: pa.RecordBatch, form: Form, known: dict[int, int]) -> None:
    """Rows that say otherwise of their subject than an earlier one; one that is rejected says nothing."""
    if not form.single:
        return
    reason, told_of = form.single
    kept = [index for index in range(batch.num_rows) if index not in wrong]
    for index, (subject, value) in zip(kept, told_of(batch.take(pa.array(kept, pa.int64()))), strict=True):
        if known.setdefault(hash(subject), hash(value)) != hash(value):
            wrong[index] = reason
