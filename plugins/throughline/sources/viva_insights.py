"""Viva Insights person query (CSV) -> metrics: one row per person, period and metric.

A query has a row for each person and period (MetricDate is its first day) and whatever columns an analyst chose:
metrics, and attributes of people. A column is a metric where its name speaks of hours, days, meetings, messages,
calls, networks or Copilot; it is called by its name in lower case with underscores, so "Meeting hours" and
"Meeting_hours" are one. Metrics are kept as they are written, fractions too; a period that a metric does not tell
has no row for it. Every other column is left out.

MetricDate is written in the order of the computer that saved the query (M/D/YYYY where the tool did), which no file
tells: a query in another form than ISO lies in a folder that declares it, such as dates=MM-DD-YYYY.

Persons have made-up ids and no e-mail, so they can be counted but join nobody. That is reported. A query with
identified persons names them in a column of e-mail addresses, or as PersonId. Queries of meetings and of
collaboration between persons or groups are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from throughline.landing import LandingFile
from throughline.reading import delimited, fields
from throughline.reading.declared import declared
from throughline.reading.fields import Field, Form
from throughline.source import Batch, Ignored, Parsed, Refused, Source, Table

METRICS: Final = Table(  # one row per person, period and metric
    "metrics",
    pa.schema(
        [
            ("person_id", pa.string()),
            ("email", pa.string()),
            ("period_start_date", pa.date32()),
            ("metric", pa.string()),
            ("value", pa.float64()),
            ("is_active", pa.bool_()),
        ]
    ),
    key=("person_id", "period_start_date", "metric"),
    people={"person_id": "viva_insights", "email": "email"},
)
PERSON: Final = (
    Field("person_id", ("PersonId", "Person Id"), required=True),
    Field("period_start_date", ("MetricDate", "Metric Date", "Date"), "date", required=True),
    Field("email", ("Email", "EmailAddress", "UserPrincipalName", "UPN"), "e-mail"),
    Field("is_active", ("IsActive",), "flag"),
)

LEFT_OUT: Final = (  # attributes of people
    *("Organization", "FunctionType", "Function Type", "LevelDesignation", "Level Designation", "Layer", "Domain"),
    *("SupervisorIndicator", "Supervisor Indicator", "HireDate", "Hire Date", "TimeZone", "Time Zone", "WeekendDays"),
    *(
        "Weekend Days",
        "NumberOfDirectReports",
        "OnsiteDays",
        "Onsite Days",
        "LocationType",
        "Region",
        "City",
        "Country",
    ),
    *("Manager", "ManagerId", "Manager Id", "PopulationType"),
)

_METRIC = re.compile(
    r"(?:^|_)(?:copilot|hours?|days?|meetings?|calls?|emails?_sent|chats?_sent|messages?_sent|network_size)(?:_|$)"
)
_OTHER_QUERIES: Final = frozenset({"meeting_id", "meetingid"})
_ATTRIBUTES: Final = frozenset({"weekend_days", "weekenddays", "onsite_days", "hire_date"})
_EMAIL = r"^[^@\s,;<>]+@[^@\s,;<>]+$"


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the rows of one query."""
    chunks = delimited.of_file(file)
    known = {name.lower() for one in PERSON for name in one.names}
    sheet = delimited.examine(chunks, file.name, lambda header: header.lower() in known or _is_metric(header))
    names = {_slug(header) for header in sheet.header}
    if names & _OTHER_QUERIES or any(name.startswith("primarycollaborator_") for name in names):
        yield Ignored(file.name, "a query of meetings or of collaboration, which is not used")
        return
    chosen = {_slug(header): header for header in sheet.header if header.lower() not in known and _is_metric(header)}
    if "personid" in names and not chosen:
        raise Refused("no column is a metric", where=file.name, remedy="add metrics to the query and run it again")
    metrics = tuple(Field(f"metric {name}", (header,), "number") for name, header in chosen.items())
    form = replace(FORM, fields=(*PERSON, *metrics))
    is_named = False
    for part in fields.records(sheet, chunks, form, declared(file.name)):
        if isinstance(part, Batch):
            records = _with_email(part.records)
            is_named = is_named or records.column("email").null_count < records.num_rows
            yield from _batches(records, list(chosen))
        else:
            yield part
    if not is_named:
        yield Ignored(file.name, "no person has an e-mail address: the query is de-identified and joins nobody")


def _slug(header: str) -> str:
    return "_".join(re.findall(r"[^\W_]+", header.lower()))


def _alike(header: str) -> str:
    """HireDate, hire_date and "Hire Date" are one name."""
    return _slug(header).replace("_", "")


def _is_metric(header: str) -> bool:
    name = _slug(header)
    return bool(_METRIC.search(name)) and name not in _ATTRIBUTES


def _with_email(records: pa.RecordBatch) -> pa.RecordBatch:
    """An address that serves as PersonId is one."""
    person, at = records.column("person_id"), records.schema.get_field_index("email")
    address = pc.if_else(pc.match_substring_regex(person, _EMAIL), person, pa.scalar(None, pa.string()))
    return records.set_column(at, "email", pc.coalesce(records.column("email"), address))


def _batches(records: pa.RecordBatch, metrics: list[str]) -> Iterator[Batch]:
    """The rows of each metric that has a value."""
    for metric in metrics:
        value = records.column(f"metric {metric}")
        columns = {name: records.column(name) for name in ("person_id", "email", "period_start_date", "is_active")}
        columns |= {"metric": pa.array([metric] * records.num_rows), "value": value}
        arrays = [columns[name] for name in METRICS.schema.names]
        batch = pa.RecordBatch.from_arrays(arrays, schema=METRICS.schema).filter(pc.is_valid(value))
        if batch.num_rows:
            yield Batch("metrics", batch)


FORM: Final = Form("metrics", PERSON, ("", "NA", "null"), _alike, left_out=LEFT_OUT)
SOURCE: Final = Source(
    name="viva_insights",
    title="person query of Viva Insights",
    endings=(".csv",),
    tables=(METRICS,),
    parse=parse,
    headers=(FORM.header(),),
    observed_from_seen=True,
)
