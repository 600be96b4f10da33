"""Calendar (YAML) or list of holidays (CSV) -> calendars, holidays.

    calendar: default                   # optional; another name is an org unit that keeps another calendar
    time_zone: Europe/Berlin
    business_hours: {from: "09:00", until: "17:30"}    # local time
    weekdays: [mon, tue, wed, thu, fri]                # optional; Monday to Friday where it is missing
    holidays: [2026-01-01, 2026-12-25]

A CSV has the columns date and, where there are several calendars, calendar; its dates are ISO, or in the order that a
folder such as `org_calendar/dates=DD-MM-YY/` declares. It adds holidays, a YAML file says the rest.

Refused: a time zone that the database of time zones does not know, hours that do not end after they begin, a day that
is no date or no weekday. Names of holidays are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from zoneinfo import available_timezones

import pyarrow as pa
import pyarrow.compute as pc

from throughline.landing import LandingFile
from throughline.reading import delimited, fields, plainyaml
from throughline.reading.declared import declared
from throughline.reading.fields import Field, Form
from throughline.reading.plainyaml import Section
from throughline.source import Batch, Ignored, Parsed, Source, Table
from throughline.sources import crm_shapes as crm
from throughline.sources.people import plain

DEFAULT: Final = "default"
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

CALENDARS: Final = Table(  # one row per calendar; weekdays are ISO numbers, "1 2 3 4 5"; minutes after midnight
    "calendars",
    pa.schema(
        [
            *(("calendar", pa.string()), ("time_zone", pa.string())),
            *(("business_from_minutes", pa.int64()), ("business_until_minutes", pa.int64())),
            ("weekdays", pa.string()),
        ]
    ),
    key=("calendar",),
)
HOLIDAYS: Final = Table(  # one row per calendar and day off
    "holidays", pa.schema([("calendar", pa.string()), ("holiday_date", pa.date32())]), key=("calendar", "holiday_date")
)
FORM: Final = Form(
    "holidays",
    (
        Field("calendar", ("calendar", "org unit", "unit")),
        Field("holiday_date", ("date", "holiday", "holiday date", "day"), "date", required=True),
    ),
    alike=plain,
    left_out=("name", "holiday name", "description", "weekday"),
)
_NAMES: Final = frozenset(plain(name) for one in FORM.fields for name in one.names)
_TIME = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)", re.ASCII)


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield one calendar, or the holidays of a list."""
    if not file.name.lower().endswith(".csv"):
        with file.open() as stream:
            found = plainyaml.load(stream.read(plainyaml.MAX_BYTES + 1), file.name)
        yield from _calendar(Section(found, file.name))
        return
    chunks = delimited.of_file(file)
    sheet = delimited.examine(chunks, file.name, lambda header: plain(header) in _NAMES)
    for part in fields.records(sheet, chunks, FORM, declared(file.name)):
        if isinstance(part, Batch):
            calendar = pc.fill_null(part.records.column("calendar"), DEFAULT)
            yield crm.batch(HOLIDAYS, part.records, calendar=calendar)
        else:
            yield part


def _calendar(told: Section) -> Iterator[Parsed]:
    told.only("calendar", "time_zone", "business_hours", "weekdays", "holidays")
    name, zone = told.text("calendar") or DEFAULT, told.text("time_zone")
    if zone is None or zone not in available_timezones():
        raise told.refused("time_zone", "must be a name of the time zone database, such as Europe/Berlin")
    hours = told.section("business_hours", "from", "until")
    begin, end = (_minutes(hours, field) for field in ("from", "until"))
    if begin >= end:
        raise told.refused("business_hours", "must end after they begin")
    row = {
        **{"calendar": name, "time_zone": zone, "weekdays": _weekdays(told)},
        **{"business_from_minutes": begin, "business_until_minutes": end},
    }
    yield Batch("calendars", pa.RecordBatch.from_pylist([row], schema=CALENDARS.schema))
    listed = told.values.get("holidays")
    if listed is not None and not isinstance(listed, list):
        raise told.refused("holidays", "must be a list of dates")
    if days := [{"calendar": name, "holiday_date": _day(told, day)} for day in listed or []]:
        yield Batch("holidays", pa.RecordBatch.from_pylist(days, schema=HOLIDAYS.schema))
    if told.unknown:
        yield Ignored(told.where, f"fields not used: {', '.join(told.unknown)}")


def _minutes(hours: Section, name: str) -> int:
    """09:30 -> 570. YAML reads 17:30 without quotes as 17 × 60 + 30 already; a mere 9 is an hour and not 00:09."""
    value: Any = hours.values.get(name)
    written = _TIME.fullmatch(value) if isinstance(value, str) else None
    minutes = int(written[1]) * 60 + int(written[2]) if written else value
    is_time = written or (type(value) is int and value not in range(1, 25))
    if not is_time or not 0 <= minutes <= 24 * 60:
        raise hours.refused(name, 'must be a local time such as "09:00"')
    return minutes


def _weekdays(told: Section) -> str:
    days = told.texts("weekdays") if "weekdays" in told.values else list(DAYS[:5])
    numbers = {DAYS.index(day.lower()[:3]) + 1 for day in days if day.lower()[:3] in DAYS}
    if not days or len(numbers) != len(days):
        raise told.refused("weekdays", f"must be some of {', '.join(DAYS)}, each once")
    return " ".join(map(str, sorted(numbers)))


def _day(told: Section, value: Any) -> Any:
    return Section({"holidays": value or ""}, told.where).day("holidays")


SOURCE: Final = Source(
    name="org_calendar",
    title="calendar of the organisation",
    endings=(".yml", ".yaml", ".csv"),
    tables=(CALENDARS, HOLIDAYS),
    parse=parse,
    headers=(FORM.header(),),
    observed_from_seen=True,
)
