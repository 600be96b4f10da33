"""Columns of text -> typed columns. What cannot be read becomes NULL, and `unreadable` tells where.

Dates are ISO 8601 or in an order that the reader was told (`order_declared`); day, month and year are never guessed:
03-07-24 raises `Unclear` with its readings. Date-times without a zone are UTC, or in the zone that the reader was told.
Dates are never shifted by a zone.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from throughline.source import AMOUNT, TIMESTAMP

YES: Final = ("1", "true", "yes", "y")
NO: Final = ("0", "false", "no", "n")
ORDERS: Final = ("DMY", "MDY", "YMD")

_EMAIL = r"(?i)^(mailto:)?[^@\s,;<>]+@[^@\s,;<>]+$"
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ][\d:.]+ ?(?:Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)
_ZONED = re.compile(
    r"(\d{4})([-/])(\d\d)\2(\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) ?(Z|UTC|[+-]\d\d:?\d\d)", re.ASCII
)  # by Ruby
_SHORT_HOUR = re.compile(r"(?<=\d{4}-\d{2}-\d{2})([T ])(?=\d:)", re.ASCII)
_PARTS = re.compile(
    r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{2,4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[\s\u202f]*([AaPp])[Mm])?)?",
    re.ASCII,
)
_DECLARED = re.compile(r"(?:^|/)dates=(D{1,2}|M{1,2}|Y{2,4})-(D{1,2}|M{1,2}|Y{2,4})-(D{1,2}|M{1,2}|Y{2,4})/", re.I)


class Unclear(ValueError):  # noqa: N818  # a finding about the data, as Refused is
    """A date that is not in ISO form. index: its place in the column; readings: what it may mean, ISO."""

    def __init__(self, index: int, readings: list[str]) -> None:
        self.index, self.readings = index, readings
        super().__init__(f"a date is not written YYYY-MM-DD and may mean {' or '.join(readings)}")


class Fraction(ValueError):  # noqa: N818  # as above
    """A value strictly between 0 and 1 among percentages of 0 to 100. index: its place in the column."""

    def __init__(self, index: int) -> None:
        self.index = index
        super().__init__("a fraction among percentages")


def order_declared(name: str) -> str | None:
    """The order of day, month and year that a folder in the file's name declares (dates=DD-MM-YY), else None."""
    found = _DECLARED.search(name)
    order = "".join(part[0] for part in found.groups()).upper() if found else ""
    return order if order in ORDERS else None


def texts(values: pa.Array) -> pa.Array:
    """Trimmed; nothing left is NULL."""
    trimmed = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def flags(values: pa.Array) -> pa.Array:
    """Booleans. An empty cell is false: a checkbox is ticked or not, and some tools write only the ticks."""
    lowered = pc.utf8_lower(values)
    yes, no = pc.is_in(lowered, pa.array(YES)), pc.is_in(lowered, pa.array(NO))
    readable = pc.or_(pc.or_(yes, no), pc.is_null(values))
    return pc.if_else(readable, yes, pa.scalar(None, pa.bool_()))


def counts(values: pa.Array) -> pa.Array:
    """Whole numbers, also as 3.0."""
    return _cast(values, pa.int64(), _count)


def amounts(values: pa.Array) -> pa.Array:
    """decimal(18, 2), rounded half to even; a decimal point and no thousands separator."""
    return _cast(values, AMOUNT, _amount)


def numbers(values: pa.Array) -> pa.Array:
    """Finite doubles."""
    found = _cast(values, pa.float64(), float)
    return pc.if_else(pc.is_finite(found), found, pa.scalar(None, pa.float64()))


def percentages(values: pa.Array) -> pa.Array:
    """0 to 100 -> shares of 0 to 1; what lies outside cannot be read. Raises Fraction: 0.35 is no percentage."""
    found = numbers(values)
    fractions = pc.and_(pc.greater(found, 0), pc.less(found, 1))
    if pc.any(fractions).as_py():
        raise Fraction(pc.index(fractions, True).as_py())
    inside = pc.and_(pc.greater_equal(found, 0), pc.less_equal(found, 100))
    return pc.divide(pc.if_else(inside, found, pa.scalar(None, pa.float64())), 100.0)


def emails(values: pa.Array) -> pa.Array:
    """Addresses as they are; what is none cannot be read."""
    return pc.if_else(pc.match_substring_regex(values, _EMAIL), values, pa.scalar(None, pa.string()))


def time_zones(values: pa.Array) -> pa.Array:
    """Names of the time zone database; another cannot be read."""
    from zoneinfo import available_timezones

    known = pc.is_in(values, pa.array(sorted(available_timezones())))
    return pc.if_else(known, values, pa.scalar(None, pa.string()))


def dates(values: pa.Array, order: str | None = None) -> pa.Array:
    """Calendar dates; of a date-time the date as written. Raises Unclear."""
    try:
        return pc.cast(values, pa.date32())
    except pa.ArrowInvalid:
        pass
    if pc.all(pc.match_substring(values, " 00:00:00")).as_py():
        try:
            return pc.cast(pc.utf8_slice_codeunits(values, 0, 10), pa.date32())
        except pa.ArrowInvalid:
            pass
    return _one_by_one(values, pa.date32(), lambda text: _date(text, order))


def shares(values: pa.Array) -> pa.Array:
    """Shares of 0 to 1, also written as 20%; what lies outside cannot be read."""
    is_percentage = pc.ends_with(values, "%")
    found = numbers(texts(pc.utf8_rtrim(values, "% ")))
    found = pc.if_else(is_percentage, pc.divide(found, 100.0), found)
    inside = pc.and_(pc.greater_equal(found, 0), pc.less_equal(found, 1))
    return pc.if_else(inside, found, pa.scalar(None, pa.float64()))


def codes(values: pa.Array) -> pa.Array:
    """Three-letter codes of currencies, in capitals; another cannot be read."""
    code = pc.utf8_upper(values)
    return pc.if_else(pc.match_substring_regex(code, "^[A-Z]{3}$"), code, pa.scalar(None, pa.string()))


def zoneless(values: pa.Array) -> bool:
    """Whether some date-time names no zone."""
    named = pc.match_substring_regex(values, r"(?:Z|UTC|[+-]\d{2}:?\d{2})$")
    dated = pc.match_substring(values, ":")
    return bool(pc.any(pc.and_(dated, pc.invert(named))).as_py())


def moments(values: pa.Array, order: str | None = None, zone: str | None = None) -> pa.Array:
    """UTC timestamps; without a zone they are in `zone` or UTC, a date alone is its midnight. Raises Unclear."""
    try:
        return pc.cast(values, TIMESTAMP)
    except pa.ArrowInvalid:
        pass
    try:
        local = pc.cast(values, pa.timestamp("us"))
        return pc.cast(pc.assume_timezone(local, zone or "UTC", ambiguous="earliest", nonexistent="latest"), TIMESTAMP)
    except pa.ArrowInvalid:
        return _one_by_one(values, TIMESTAMP, lambda text: _moment(text, order, ZoneInfo(zone) if zone else UTC))


def unreadable(text: pa.Array, typed: pa.Array) -> pa.Array:
    """true where a cell held something and nothing could be read."""
    return pc.and_(pc.is_valid(text), pc.is_null(typed))


def _cast(values: pa.Array, kind: pa.DataType, one: Callable[[str], Any]) -> pa.Array:
    try:
        return pc.cast(values, kind)
    except pa.ArrowInvalid:
        return _one_by_one(values, kind, one)


def _one_by_one(values: pa.Array, kind: pa.DataType, one: Callable[[str], Any]) -> pa.Array:
    """The slow way, for columns in which some value is not as expected."""
    found: list[Any] = []
    for index, text in enumerate(values.to_pylist()):
        try:
            found.append(None if text is None else one(text))
        except Unclear as unclear:
            raise Unclear(index, unclear.readings) from None
        except (ValueError, OverflowError, InvalidOperation):
            found.append(None)
    return pa.array(found, kind)


def _count(text: str) -> int:
    count = int(text.removesuffix(".0"))
    if abs(count) >= 1 << 63:
        raise ValueError("too large")
    return count


def _amount(text: str) -> Decimal:
    amount = Decimal(text).quantize(Decimal("0.01"))
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 16:
        raise ValueError("not an amount")
    return amount


def _date(text: str, order: str | None) -> date:
    if iso := _ISO_DATE.fullmatch(text):
        return date(int(iso[1]), int(iso[2]), int(iso[3]))
    return _day(_parts(text), order)


def _moment(text: str, order: str | None, zone: tzinfo) -> datetime:
    if zoned := _ZONED.fullmatch(text):
        text = f"{zoned[1]}-{zoned[3]}-{zoned[4]}T{zoned[5]}{zoned[6].replace('UTC', 'Z')}"
    if _ISO_DATE.fullmatch(text):
        moment = datetime.fromisoformat(_SHORT_HOUR.sub(r"\g<1>0", text))
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    parts = _parts(text)
    day = _day(parts, order)
    hour = int(parts[4] or 0)
    if half := parts[7]:
        if not 1 <= hour <= 12:
            raise ValueError("no hour")
        hour = hour % 12 + (12 if half in "Pp" else 0)
    moment = datetime(day.year, day.month, day.day, hour, int(parts[5] or 0), int(parts[6] or 0), tzinfo=zone)
    return moment.astimezone(UTC)


def _parts(text: str) -> re.Match[str]:
    parts = _PARTS.fullmatch(text)
    if not parts:
        raise ValueError("no date")
    return parts


def _day(parts: re.Match[str], order: str | None) -> date:
    """The date in the declared order. Raises Unclear where none is declared, or where only another order fits."""
    readings = _readings(parts)
    if not readings:
        raise ValueError("no date")
    if order:
        with contextlib.suppress(ValueError):
            return _read(parts, order)
    raise Unclear(0, readings)


def _readings(parts: re.Match[str]) -> list[str]:
    readings = []
    for order in ORDERS:
        try:
            readings.append(_read(parts, order).isoformat())
        except ValueError:
            continue
    return list(dict.fromkeys(readings))[:2]


def _read(parts: re.Match[str], order: str) -> date:
    fields = dict(zip(order, (parts[1], parts[2], parts[3]), strict=True))
    year, month, day = fields["Y"], fields["M"], fields["D"]
    if len(year) not in (2, 4) or len(day) > 2 or len(month) > 2:
        raise ValueError("no date in this order")
    return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
