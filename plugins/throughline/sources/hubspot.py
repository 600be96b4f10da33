"""HubSpot export (CSV, or ZIP of CSV) -> deals, deal_stages, accounts, owners.

Read are exports of deals and companies from a view or list (`hubspot-crm-exports-<view>-YYYY-MM-DD.csv`), a list of
owners or users (names with e-mail addresses), and the tables of copying tools (`deal_id`, `property_amount`, …).
Columns are found by label in any case, by internal name, and for the columns that a deal needs by the labels of the
other languages that an export can speak (reading/hubspot_labels.py); stages are as the export spells them.

- An owner is mostly a display name, "Name" or "Name (address)": it is the owner_id, and land the owners too. Two
  owners of one name match nobody, and are reported.
- An export says won or lost only with "Is Closed Won" and "Is Closed (numeric)"; else outcome is NULL: see stage_map.
  closed_at is the close date of a deal known to be won or lost.
- "Deal Stage" may repeat the pipeline, "Closed won (Sales Pipeline)": it is taken off where the pipeline is a column.
- Stage history are the columns "Date entered <stage>"; the exports have no other.
- Times are the user's, without a zone: land the files in `hubspot/zone=Europe/Berlin/`, else they are taken as UTC,
  which is reported. Dates that are not ISO: `dates=DD-MM-YY`. 1.234 as an amount: `decimal=comma` or `decimal=point`.

Refused: workbooks (save as CSV), a table without a record id. Left out on purpose: names of deals and companies,
everything about contacts, tickets and activities (ignored, by file). Associated companies: the first id is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from throughline.landing import Archive, LandingFile
from throughline.reading import delimited, fields
from throughline.reading.declared import Declared, declared
from throughline.reading.fields import Field, Form
from throughline.reading.hubspot_labels import KNOWN, LABELS, has, plain, stage_entered
from throughline.source import Batch, Columns, Damaged, Ignored, Parsed, Refused, Source
from throughline.sources import crm_shapes as crm

NAME: Final = "hubspot"
DEALS, STAGES, ACCOUNTS, OWNERS = (shape(NAME) for shape in (crm.deals, crm.deal_stages, crm.accounts, crm.owners))


def _field(column: str, of: str, kind: str = "text", *, required: bool = False, unless: str | None = None) -> Field:
    return Field(column, LABELS[of], kind, required=required, unless=unless)


_DEALS: Final = Form(
    "deals",
    (
        _field("deal_id", "record_id", required=True),
        _field("account_id", "company"),
        _field("owner", "owner"),
        _field("pipeline", "pipeline"),
        _field("stage", "stage"),
        _field("is_won", "is_won", "flag"),
        _field("is_lost", "is_lost", "flag", unless="is_closed"),
        _field("is_closed", "is_closed", "flag"),
        _field("amount", "amount", "money"),
        _field("currency", "currency", "currency"),
        _field("probability", "probability", "share"),
        _field("close_date", "close_date", "date"),
        _field("closing_at", "close_date", "date-time"),
        _field("created_at", "created", "date-time"),
        _field("modified_at", "modified", "date-time"),
        _field("deal_type", "type"),
        _field("is_deleted", "deleted", "flag", unless="deal_id"),  # only tables of copying tools have it
    ),
    alike=plain,
    local=True,
    left_out=(
        *("Deal Name", "Last Activity Date", "Associated Contact", "Associated Contact IDs", "Associated Company"),
        *("Associated Deal", "Associated Deal IDs", "Next step", "Deal Description", "portal_id", "_fivetran_synced"),
        *("property_dealname", "property_description"),
    ),
)
_HISTORY: Final = Form(  # the table of copying tools
    "deal_stages",
    (
        Field("deal_id", ("deal_id",), required=True),
        Field("entered_at", ("date_entered",), "date-time", required=True),
        Field("stage", ("value", "stage_id"), required=True),
    ),
    alike=plain,
    left_out=("_fivetran_*", "source", "source_id"),
)
_ACCOUNTS: Final = Form(
    "accounts",
    (
        _field("account_id", "record_id", required=True),
        _field("domain", "domain"),
        _field("industry", "industry"),
        _field("created_at", "created", "date-time"),
        _field("modified_at", "modified", "date-time"),
    ),
    alike=plain,
    local=True,
    left_out=(
        *("Company name", "Company owner", "Phone Number", "Last Activity Date", "City", "Country/Region"),
        *("Street Address", "Street Address 2", "State/Region", "Postal Code", "Number of Employees", "Annual Revenue"),
        *("is_deleted", "_fivetran_synced", "property_name", "property_description", "property_address"),
        *("property_address_2", "property_city", "property_state", "property_country", "property_annualrevenue"),
    ),
)
_OWNERS: Final = Form(
    "owners",
    (
        _field("owner_id", "owner_id"),
        Field("email", LABELS["email"], present=True),
        _field("first_name", "first_name", unless="full_name"),
        _field("last_name", "last_name", unless="full_name"),
        _field("full_name", "full_name", unless="last_name"),
        _field("is_active", "active", "flag"),
    ),
    alike=plain,
    left_out=(
        *("_fivetran_*", "created_at", "updated_at", "portal_id", "type", "active_user_id", "id", "Role", "role_id"),
        *("Teams", "primary_team_id", "userId", "userIdIncludingInactive", "archived", "createdAt", "updatedAt"),
    ),
)
_LISTED_OWNERS: Final = replace(_OWNERS, fields=(Field("owner_id", ("id",), required=True), *_OWNERS.fields[1:]))
_COMPANY: Final = frozenset(map(plain, ("Company name", "Company owner", *LABELS["domain"], "numberofemployees")))
_NO_COMPANY: Final = frozenset(map(plain, (*LABELS["email"], *LABELS["first_name"], *LABELS["last_name"], "subject")))


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the records of one export, or of each CSV of a ZIP."""
    told = declared(file.name)
    if not file.name.lower().endswith(".zip"):
        yield from _table(delimited.of_file(file), file.name, told)
        return
    with Archive(file.content, file.name) as archive:
        tables = [member for member in archive.members() if member.lower().endswith(".csv")]
        if not tables:
            raise Refused("holds no CSV", where=file.name, remedy="export as CSV")
        for member in tables:
            chunks, place = partial(archive.chunks, member), f"{file.name} » {member}"
            try:
                sheet = _examined(chunks, place)
            except Refused as refused:
                yield Damaged(place, refused.what, refused.remedy)
            else:
                yield from _read(sheet, chunks, told)
        if others := len(archive.members()) - len(tables):
            yield Ignored(file.name, f"{others:,} files that are no CSV")


def _table(chunks: delimited.Chunks, place: str, told: Declared) -> Iterator[Parsed]:
    yield from _read(_examined(chunks, place), chunks, told)


def _examined(chunks: delimited.Chunks, place: str) -> delimited.Sheet:
    """Raises Refused."""
    sheet = delimited.examine(chunks, place, lambda name: plain(name) in KNOWN or bool(stage_entered(name)))
    if not _kind(sheet):
        remedy = "export deals, companies or owners with their record ids, in English or with internal names"
        raise Refused("is no table of deals, companies or owners", where=place, remedy=remedy)
    return sheet


def _kind(sheet: delimited.Sheet) -> str:
    """What a table holds, by its header; "" where nothing tells."""
    header = frozenset(map(plain, sheet.header))
    kinds = {
        "history": {"deal_id", "date_entered", "value"} <= header,
        "deals": has(header, "stage"),
        "companies": has(header, "record_id") and _lists_companies(header),
        "owners": has(header, "email") and (has(header, "owner_id") or _lists_users(sheet)),
        "other": has(header, "record_id") or "_fivetran_synced" in header,
    }
    return next((kind for kind, is_it in kinds.items() if is_it), "")


def _read(sheet: delimited.Sheet, chunks: delimited.Chunks, told: Declared) -> Iterator[Parsed]:
    """The records of a table."""
    match _kind(sheet):
        case "history":
            for part in fields.records(sheet, chunks, _HISTORY, told):
                yield crm.batch(STAGES, part.records) if isinstance(part, Batch) else part
        case "deals":
            stages = tuple(name for name in sheet.header if stage_entered(name))  # read by _entered
            form = replace(_DEALS, left_out=_DEALS.left_out + stages)
            for part in fields.records(sheet, chunks, form, told):
                yield _deals(part.records) if isinstance(part, Batch) else part
            yield from _entered(sheet, chunks, told)
        case "companies":
            for part in fields.records(sheet, chunks, _ACCOUNTS, told):
                yield _companies(part.records) if isinstance(part, Batch) else part
        case "owners":
            form = _LISTED_OWNERS if {"id", "userid"} <= set(map(plain, sheet.header)) else _OWNERS
            found = map(_with_name, fields.records(sheet, chunks, form, told))
            yield from crm.with_names(found, OWNERS, sheet.place)
        case _:
            yield Ignored(sheet.place, "an object that is not used")


def _lists_companies(header: frozenset[str]) -> bool:
    return bool(header & _COMPANY or {"name", "industry"} <= header) and not header & _NO_COMPANY


def _lists_users(sheet: delimited.Sheet) -> bool:
    """People with an account; contacts have a record id, or the prefix of copying tools."""
    header = frozenset(map(plain, sheet.header))
    by_name = has(header, "full_name") or has(header, "first_name", "last_name")
    is_contact = any(plain(label) in header for label in LABELS["record_id"] if label != "id")
    return by_name and not is_contact and not any(name.startswith("property_") for name in sheet.header)


def _companies(found: pa.RecordBatch) -> Batch:
    return crm.batch(ACCOUNTS, found, domain=crm.domains(found.column("domain")))


def _deals(found: pa.RecordBatch) -> Batch:
    owner_id, owner_email = crm.named(found.column("owner"))
    outcome = crm.outcomes(found.column("is_won"), found.column("is_lost"), found.column("is_closed"))
    is_done = pc.is_in(outcome, pa.array(["won", "lost"]))
    account = pc.list_element(pc.split_pattern(pc.fill_null(found.column("account_id"), ""), ";"), 0)
    return crm.batch(
        DEALS,
        found,
        account_id=pc.if_else(pc.equal(account, ""), pa.scalar(None, pa.string()), account),
        owner_id=owner_id,
        owner_email=owner_email,
        stage=_without(found.column("stage"), found.column("pipeline")),
        outcome=outcome,
        closed_at=pc.if_else(is_done, found.column("closing_at"), pa.scalar(None, found.column("closing_at").type)),
    )


def _without(stages: pa.Array, pipelines: pa.Array) -> pa.Array:
    """Stages without the name of their pipeline in brackets."""
    ending = pc.binary_join_element_wise(" (", pipelines, ")", "")
    bare = [
        stage.removesuffix(end) if stage and end else stage
        for stage, end in zip(stages.to_pylist(), ending.to_pylist(), strict=True)
    ]
    return pa.array(bare, pa.string())


def _entered(sheet: delimited.Sheet, chunks: delimited.Chunks, told: Declared) -> Iterator[Parsed]:
    """One row per deal and column "Date entered <stage>" that has a time."""
    columns = {
        f"stage_{at}": (label, entered) for at, label in enumerate(sheet.header) if (entered := stage_entered(label))
    }
    if not columns:
        return
    times = (Field(column, (label,), "date-time") for column, (label, _) in columns.items())
    form = Form("deal_stages", (_DEALS.fields[0], *times), alike=plain, local=True)
    for part in fields.records(sheet, chunks, form, told):
        if isinstance(part, Columns):
            yield replace(part, missing=(), new=())
        if isinstance(part, Ignored):
            yield part
        if not isinstance(part, Batch):
            continue  # rows that cannot be read were rejected among the deals
        for column, (_, (stage, pipeline)) in columns.items():
            found = part.records.select(["deal_id", column]).filter(pc.is_valid(part.records.column(column)))
            if found.num_rows:
                named = {"stage": stage, "pipeline": pipeline}
                given = {name: pa.array([value] * found.num_rows, pa.string()) for name, value in named.items()}
                yield crm.batch(STAGES, found, entered_at=found.column(column), **given)


def _with_name(part: Parsed) -> Parsed:
    if not isinstance(part, Batch):
        return part
    found = part.records
    joined = pc.binary_join_element_wise(
        *(pc.fill_null(found.column(name), "") for name in ("first_name", "last_name")), " "
    )
    name = pc.coalesce(found.column("full_name"), joined)
    return replace(part, records=found.append_column("name", name))


SOURCE: Final = Source(
    name=NAME,
    title="HubSpot export",
    endings=(".csv", ".zip"),
    tables=(DEALS, STAGES, ACCOUNTS, OWNERS),
    parse=parse,
    headers=tuple(form.header() for form in (_DEALS, _HISTORY, _ACCOUNTS, _OWNERS)),
    observed_from_seen=True,
)
