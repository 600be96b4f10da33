"""Roster CSV -> roster: one row per person and assignment (a move to another unit or level is a new row).

Headers are matched without case, spaces, - and _ ("E-mail", "Org Unit", "Leader flag"); any delimiter, UTF-8 or
Windows-1252. Needed: e-mail, org unit, start date. Dates are ISO; an end date is the last day, inclusive, empty while
the assignment lasts. A roster has no time of its own: it is a picture of the day it was first seen.

Rejected by row: no or no proper e-mail, no org unit, no start date, an end date that cannot be read (NULL would mean
"still here") or that lies before the start, another assignment than an earlier row gives from the same day on.
Reported and NULL: a manager who is no e-mail address, a level that is no whole number, an unknown time zone. Somebody
named as their own manager has none. Without a column for leaders, is_leader follows the band, and is NULL where that is
missing as well; without a column for externals nobody is one.
Left out on purpose: names, titles and every other column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from throughline.landing import LandingFile
from throughline.privacy import normalise_email
from throughline.reading import delimited, fields
from throughline.reading.declared import declared
from throughline.reading.fields import Field, Form
from throughline.source import Batch, Parsed, Source, Table


def plain(header: str) -> str:
    """E-mail, e_mail and Email are one name."""
    return re.sub(r"[\s_-]", "", header.lower())


def _told_of(found: pa.RecordBatch) -> Iterator[tuple[tuple[str, date], tuple[Any, ...]]]:
    """Person and first day -> assignment."""
    for row in found.to_pylist():
        email, start = normalise_email(row.pop("email")), row.pop("start_date")
        row["manager_email"] = normalise_email(row["manager_email"] or "")
        yield (email, start), tuple(row.values())


FORM: Final = Form(
    "roster",
    (
        Field("email", ("email", "email address", "work email", "mail"), "e-mail", required=True, person="email"),
        Field("org_unit", ("org unit", "organisation unit", "organization unit", "unit", "team"), required=True),
        Field("manager_email", ("manager email", "manager", "reports to"), "e-mail", person="email"),
        Field("level", ("level", "job level", "management level"), "count"),
        Field("is_leader", ("is leader", "leader flag", "leader"), "flag", unless="leader_band"),
        Field("leader_band", ("leader band", "leadership band", "band"), unless="is_leader"),
        Field("start_date", ("start date", "start", "valid from", "from"), "date", required=True),
        Field("end_date", ("end date", "end", "valid until", "until"), "date", strict=True),
        Field("time_zone", ("time zone", "tz"), "time zone"),
        Field("is_external", ("is external", "external flag", "external"), "flag"),
    ),
    alike=plain,
    left_out=(
        *("name", "full name", "first name", "last name", "display name", "title", "job title", "employee id"),
        *("manager name", "location", "country", "cost centre", "cost center", "department"),
    ),
    checks={
        "the end date lies before the start date": lambda r: pc.less(r.column("end_date"), r.column("start_date")),
    },
    single=("an earlier row gives the person another assignment from that day on", _told_of),
)
_NAMES: Final = frozenset(plain(name) for one in FORM.fields for name in one.names)

ROSTER: Final = Table("roster", fields.schema(FORM.fields), ("email", "start_date"), fields.people(FORM.fields))


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the assignments of one roster."""
    chunks = delimited.of_file(file)
    sheet = delimited.examine(chunks, file.name, lambda header: plain(header) in _NAMES)
    given = fields.positions(sheet, FORM)
    for part in fields.records(sheet, chunks, FORM, declared(file.name)):
        yield Batch("roster", _completed(part.records, given)) if isinstance(part, Batch) else part


def _completed(records: pa.RecordBatch, given: dict[str, int]) -> pa.RecordBatch:
    columns = {name: records.column(name) for name in records.schema.names}
    own = pc.equal(_address(columns["manager_email"]), _address(columns["email"]))
    columns["manager_email"] = pc.if_else(pc.fill_null(own, False), None, columns["manager_email"])
    if "is_leader" not in given and "leader_band" in given:
        columns["is_leader"] = pc.is_valid(columns["leader_band"])
    if "is_external" not in given:
        columns["is_external"] = pa.array([False] * records.num_rows)
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=ROSTER.schema)


def _address(values: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(pc.utf8_lower(values), "^mailto:", "")


SOURCE: Final = Source(
    name="people",
    title="roster of people",
    endings=(".csv",),
    tables=(ROSTER,),
    parse=parse,
    headers=(FORM.header(),),
    observed_from_seen=True,
)
