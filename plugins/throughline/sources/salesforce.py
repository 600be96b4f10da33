"""Salesforce exports -> accounts, contacts, opportunities, opportunity_history, users.

Two makes of one content, told apart by what they hold, not by setting:
- the weekly Data Export: a ZIP of <Object>.csv, ISO-8859-1 or UTF-8, sometimes with NUL bytes, date-times
  `2024-02-07 20:47:49` in UTC, dates `2024-05-11 00:00:00` (no shift), booleans 1/0, empty lookups 000000000000000AAA;
- Data Loader, Bulk API and SOQL CSV: one object a file, UTF-8, any delimiter of the Bulk API, date-times with zone,
  booleans true/false or 1/nothing, related fields as `Owner.Email`.
The object is told by the file name (Opportunity.csv, Opportunity_2.csv), else by the header. OpportunityFieldHistory,
where fields are tracked, adds its changes of stage to opportunity_history; changes of other fields are not kept.

Columns are found by name, without case. OBJECTS shows which are read, reading/salesforce_columns.py which are left out
on purpose: all that names people or holds text (Name, Description, NextStep, Phone, addresses). Of Website the host is
kept, by which a company is known again. A required column that is missing refuses the file; an optional one gives
NULL. A row without a required value is rejected by its row number. A value of an optional column that cannot be read
becomes NULL, counted and reported once a column; where more values of a column are unreadable than readable the format
is wrong, not the value, and the file is refused. Dates in any other form than ISO refuse the file with their readings,
unless it lies in a folder that declares the order, as in `salesforce/dates=DD-MM-YY/Opportunity.csv`; times that name
no zone are UTC and amounts have a point, unless it lies in folders such as `zone=Europe/Berlin/` or `decimal=comma/`.

Left out: report exports (labels for names, footers, the user's date format; refused), other objects (ignored).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from throughline.landing import Archive, LandingFile
from throughline.reading import delimited, fields
from throughline.reading.declared import Declared, declared
from throughline.reading.fields import Field, Form
from throughline.reading.salesforce_columns import LEFT_OUT
from throughline.source import Batch, Damaged, Ignored, Parsed, Refused, Source, Table
from throughline.sources import crm_shapes as crm

NOTHING: Final = ("", "#N/A", "000000000000000AAA", "000000000000000", "000")  # lookups and currencies that are empty


def _plain(name: str) -> str:
    """CloseDate, CLOSEDATE and the close_date of copying tools are one name."""
    return name.lower().replace("_", "")


@dataclass(frozen=True)
class Object:
    """One object and its table. A header tells it by having one of `telling` whole and none of `foreign`."""

    form: Form
    telling: tuple[frozenset[str], ...]
    foreign: frozenset[str] = frozenset()


def _needed(column: str, name: str, kind: str = "text", person: str | None = None) -> Field:
    return Field(column, (name,), kind, required=True, person=person)


def _given(column: str, *names: str, kind: str = "text", person: str | None = None, unless: str | None = None) -> Field:
    return Field(column, names, kind, person=person, unless=unless)


def _object(table: str, name: str, *fields: Field, telling: tuple[str, ...], foreign: str = "") -> Object:
    return Object(
        Form(table, fields, NOTHING, _plain, left_out=LEFT_OUT[name]),
        telling=tuple(frozenset(map(_plain, names.split())) for names in telling),
        foreign=frozenset(map(_plain, foreign.split())),
    )


_CREATED = _given("created_at", "CreatedDate", kind="date-time")
_MODIFIED = _given("modified_at", "SystemModstamp", "LastModifiedDate", kind="date-time")
_DELETED = _given("is_deleted", "IsDeleted", kind="flag")
_OWNER = _given("owner_id", "OwnerId", person="salesforce")
_CURRENCY = _given("currency", "CurrencyIsoCode")
_AMOUNT = _given("amount", "Amount", kind="amount")
_PROBABILITY = _given("probability", "Probability", kind="percentage")
_CLOSE_DATE = _given("close_date", "CloseDate", kind="date")
_FORECAST = _given("forecast_category", "ForecastCategory", "ForecastCategoryName")

OBJECTS: Final[Mapping[str, Object]] = {  # required: _needed; optional: _given
    "Account": _object(
        "accounts",
        "Account",
        _needed("account_id", "Id"),
        _given("parent_id", "ParentId"),
        _OWNER,
        _given("domain", "Website"),
        _given("industry", "Industry"),
        _given("account_type", "Type"),
        _CREATED,
        _MODIFIED,
        _DELETED,
        telling=("Id Industry", "Id Website", "Id NumberOfEmployees", "Id AnnualRevenue", "Id AccountNumber"),
        foreign="LastName Company StageName AccountId Username Status",
    ),
    "Contact": _object(
        "contacts",
        "Contact",
        _needed("contact_id", "Id", person="salesforce_contact"),
        _given("account_id", "AccountId"),
        _given("email", "Email", person="email"),
        _CREATED,
        _MODIFIED,
        _DELETED,
        telling=("Id AccountId LastName", "Id AccountId Email"),
        foreign="Username Subject StageName Status QuoteNumber OpportunityId Company",
    ),
    "Opportunity": _object(
        "opportunities",
        "Opportunity",
        _needed("opportunity_id", "Id"),
        _given("account_id", "AccountId"),
        _OWNER,
        _given("owner_email", "Owner.Email", person="email", unless="owner_id"),
        _needed("stage", "StageName"),
        _AMOUNT,
        _CURRENCY,
        _PROBABILITY,
        _CLOSE_DATE,
        _given("is_closed", "IsClosed", kind="flag"),
        _given("is_won", "IsWon", kind="flag"),
        _given("deal_type", "Type"),
        _given("lead_source", "LeadSource"),
        _FORECAST,
        _CREATED,
        _MODIFIED,
        _DELETED,
        telling=("Id StageName",),
        foreign="OpportunityId StepName PredictionReasonCode",
    ),
    "OpportunityHistory": _object(
        "opportunity_history",
        "OpportunityHistory",
        _needed("history_id", "Id"),
        _needed("opportunity_id", "OpportunityId"),
        _given("created_by_id", "CreatedById", person="salesforce"),
        _needed("created_at", "CreatedDate", kind="date-time"),
        _given("stage", "StageName"),
        _AMOUNT,
        _PROBABILITY,
        _CLOSE_DATE,
        _FORECAST,
        _CURRENCY,
        telling=("Id OpportunityId StageName CreatedDate",),
    ),
    "User": _object(
        "users",
        "User",
        _needed("user_id", "Id", person="salesforce"),
        _given("email", "Email", person="email"),
        _given("username", "Username", person="email", unless="email"),
        _given("is_active", "IsActive", kind="flag"),
        _given("user_type", "UserType"),
        _given("manager_id", "ManagerId", person="salesforce"),
        _given("role_id", "UserRoleId"),
        _MODIFIED,
        telling=("Id Username IsActive", "Id Username Email", "Id Email IsActive"),
    ),
}
FIELD_HISTORY: Final = _object(  # only its changes of StageName are rows of opportunity_history
    "opportunity_history",
    "OpportunityFieldHistory",
    _needed("history_id", "Id"),
    _needed("opportunity_id", "OpportunityId"),
    _given("created_by_id", "CreatedById", person="salesforce"),
    _needed("created_at", "CreatedDate", kind="date-time"),
    _needed("field", "Field"),
    _given("stage", "NewValue"),
    telling=("Id OpportunityId CreatedDate Field NewValue",),
)
_READ = {**OBJECTS, "OpportunityFieldHistory": FIELD_HISTORY}
_NAMES = frozenset(_plain(name) for told in _READ.values() for one in told.form.fields for name in one.names)
_PART = re.compile(r"(?P<object>[a-z]+)(?:[ _.-]?\(?\d[\d_.:t-]*\)?)?", re.IGNORECASE)  # Account_2, Account (1)
_RECORD = frozenset({"createddate", "systemmodstamp", "lastmodifieddate", "isdeleted", "ownerid", "createdbyid"})
_WEEKLY = re.compile(r"we_[a-z0-9]+", re.IGNORECASE)


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the records of one weekly export ZIP, or of one object's CSV."""
    told = declared(file.name)
    if file.name.lower().endswith(".zip"):
        with Archive(file.content, file.name) as archive:
            yield from _archive(archive, told)
        return
    chunks = delimited.of_file(file)
    sheet = delimited.examine(chunks, file.name, _is_name)
    if not _is_record(sheet) and any(" " in name for name in sheet.header):
        raise Refused(
            "looks like a report: labels instead of field names, dates in the reader's own form, a footer",
            where=file.name,
            remedy="export the object with Data Loader, or take the weekly Data Export",
        )
    kind = _told(file.name, sheet)
    if kind:
        yield from _records(sheet, chunks, kind, told)
    elif _is_record(sheet):
        reason = f"an object that is not used; if it is one of {', '.join(OBJECTS)}, name the file after it"
        yield Ignored(file.name, reason)
    else:
        remedy = f"name the file after its object ({', '.join(OBJECTS)}) and export field names, not labels"
        raise Refused("cannot tell the object from name or header", where=file.name, remedy=remedy)


def _records(sheet: delimited.Sheet, chunks: delimited.Chunks, kind: Object, told: Declared) -> Iterator[Parsed]:
    parts = fields.records(sheet, chunks, kind.form, told)
    if kind is OBJECTS["Account"]:
        parts = map(_with_domain, parts)
    if kind is not FIELD_HISTORY:
        yield from parts
        return
    schema, others = fields.schema(OBJECTS["OpportunityHistory"].form.fields), 0
    for part in parts:
        if not isinstance(part, Batch):
            yield part
            continue
        found = part.records
        stages = found.filter(pc.is_in(pc.utf8_lower(found.column("field")), pa.array(["stagename", "stage"])))
        others += found.num_rows - stages.num_rows
        nothing = {one.name: pa.nulls(stages.num_rows, one.type) for one in schema}
        given = nothing | {name: stages.column(name) for name in stages.schema.names if name in nothing}
        if stages.num_rows:
            yield Batch(part.table, pa.RecordBatch.from_arrays(list(given.values()), schema=schema))
    if others:
        yield Ignored(sheet.place, f"{others:,} changes of fields other than the stage")


def _with_domain(part: Parsed) -> Parsed:
    """Of an account's web address only the host."""
    if not isinstance(part, Batch):
        return part
    at = part.records.schema.get_field_index("domain")
    hosts = crm.domains(part.records.column(at))
    return Batch(part.table, part.records.set_column(at, part.records.schema.field(at), hosts))


def _archive(archive: Archive, told: Declared) -> Iterator[Parsed]:
    others: Counter[str] = Counter()
    used = objects = 0
    for member in archive.members():
        place = f"{archive.name} » {member}"
        if not member.lower().endswith(".csv"):
            others[str(PurePosixPath(member).parent)] += 1
            continue
        chunks = partial(archive.chunks, member)
        sheet, kind, trouble = _looked_at(member, chunks, place)
        objects += kind is not None or (sheet is not None and _is_record(sheet))
        if trouble:
            used += 1
            yield trouble
        elif kind and sheet:
            used += 1
            yield from _records(sheet, chunks, kind, told)
        else:
            yield Ignored(place, "an object that is not used")
    for folder, count in others.items():
        yield Ignored(f"{archive.name} » {folder}", f"{count:,} files that are no CSV")
    if not used and not objects and not _WEEKLY.match(PurePosixPath(archive.name).name):
        remedy = "land the ZIP of the weekly Data Export, or CSV files named after their object"
        raise Refused(f"holds none of {', '.join(OBJECTS)}", where=archive.name, remedy=remedy)


def _looked_at(
    member: str, chunks: delimited.Chunks, place: str
) -> tuple[delimited.Sheet | None, Object | None, Damaged | Ignored | None]:
    """What a CSV of an archive is, and what is wrong with it. A part that nobody reads is not examined."""
    told: Object | None = None
    try:
        sheet = delimited.head(chunks, place, _is_name)
        told = _told(member, sheet)
        return (delimited.examine(chunks, place, _is_name) if told else sheet), told, None
    except Refused as refused:
        if refused.what == "is empty":
            return None, None, Ignored(place, "is empty")
        if told is None and _named(member) is None:
            return None, None, Ignored(place, f"an object that is not used, and {refused.what}")
        return None, told, Damaged(place, refused.what, refused.remedy)


def _told(name: str, sheet: delimited.Sheet) -> Object | None:
    """The object by the file's name, else by its header."""
    if named := _named(name):
        return named
    header = frozenset(map(_plain, sheet.header))
    return next(
        (o for o in _READ.values() if not header & o.foreign and any(names <= header for names in o.telling)), None
    )


def _named(name: str) -> Object | None:
    part = _PART.fullmatch(PurePosixPath(name).stem)
    return next((o for known, o in _READ.items() if part and known.lower() == part["object"].lower()), None)


def _is_name(header: str) -> bool:
    return _plain(header) in _NAMES


def _is_record(sheet: delimited.Sheet) -> bool:
    """Every object has an Id; exports of some other tool seldom have one beside these."""
    header = frozenset(map(_plain, sheet.header))
    return "id" in header and bool(header & (_RECORD | _NAMES - {"id", "type", "email"}))


def _table(told: Object) -> Table:
    """One row per record of the object; the newest copy by its last change."""
    first = told.form.fields[0].column
    columns = fields.schema(told.form.fields)
    changed = "modified_at" if "modified_at" in columns.names else None
    people = fields.people(told.form.fields)
    return Table(told.form.table, columns, (first,), people, version=changed, observed=changed or "created_at")


SOURCE: Final = Source(
    name="salesforce",
    title="Salesforce export",
    endings=(".zip", ".csv"),
    tables=tuple(map(_table, OBJECTS.values())),
    parse=parse,
    headers=tuple(told.form.header() for told in _READ.values()),
)
