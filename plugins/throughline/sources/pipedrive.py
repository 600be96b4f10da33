"""Pipedrive list export (one CSV an entity, `Deal - Title`) -> deals, deal_stages, accounts, owners.

A list export holds the columns that the list showed, so show what is read here: for deals ID ("Pipedrive System ID"),
Status, Stage, Pipeline, Owner, Value, Currency, Deal created, Update time, Won time, Lost time, Expected close date,
Probability, Last stage change. The entity is told by the prefixes, else by the file name (deals-….csv): of several it
is the one that links to the others, for a list of deals may show more of their organizations than of the deals.
Headers are matched without case, with or without the prefix of the entity.

- The owner is a display name: it is the owner_id. A list of users (Name, Email, and User ID, Active where there) gives
  `owners`; two users of one name match nobody, and are reported.
- outcome is the Status: Open, Won or Lost; Deleted deals are is_deleted. closed_at is Won time or Lost time.
- An export holds no stage history; "Last stage change" gives the stage in which a deal is now, so that later exports
  add up to a history.
- Times name no zone: land the files in `pipedrive/zone=Europe/Berlin/`, else they are taken as UTC, which is reported.
  Dates that are not ISO: `dates=DD-MM-YY`. An amount such as 1.234: `decimal=comma` or `decimal=point`.

Refused: workbooks (save as CSV), a list without ids (the same deal could not be known again), headers of another
language. Left out on purpose: titles, contact persons, labels, and of organisations name and address: an account is
its "Organization - ID" where a list shows it. People, activities, notes, products and leads are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from throughline.landing import LandingFile
from throughline.reading import delimited, fields
from throughline.reading.declared import declared
from throughline.reading.fields import Field, Form
from throughline.source import Batch, Ignored, Parsed, Refused, Source
from throughline.sources import crm_shapes as crm

NAME: Final = "pipedrive"
DEALS, STAGES, ACCOUNTS, OWNERS = (shape(NAME) for shape in (crm.deals, crm.deal_stages, crm.accounts, crm.owners))
ENTITIES: Final = {  # each may link to those after it, and to none before
    **dict.fromkeys(("note", "activity", "activitie", "lead"), "other"),
    "deal": "deal",
    **dict.fromkeys(("product", "person", "people", "contact"), "other"),
    "organization": "organization",
    "organisation": "organization",
    "user": "user",
}

_PREFIX = re.compile(r"(?P<entity>[^-]+?) - .+")


def plain(header: str) -> str:
    """Deal - Value, DEAL – value and "Deal - Value " are one name."""
    return " ".join(re.sub(r"\s[–—-]\s", " - ", header).split()).casefold()


def _field(entity: str, column: str, *names: str, kind: str = "text", required: bool = False) -> Field:
    """A field under its name with and without the prefix."""
    spelled = (*(f"{entity} - {name}" for name in names), *names)
    return Field(column, spelled, kind, required=required)


def _deal(column: str, *names: str, kind: str = "text", required: bool = False) -> Field:
    return _field("Deal", column, *names, kind=kind, required=required)


_DEALS: Final = Form(
    "deals",
    (
        _deal("deal_id", "ID", "Pipedrive System ID", "System ID", required=True),
        Field("account_id", ("Organization - ID", "Organization - Pipedrive System ID", "Deal - Organization ID")),
        _deal("owner", "Owner"),
        _deal("pipeline", "Pipeline"),
        _deal("stage", "Stage", "Stage (pipeline)", required=True),
        _deal("status", "Status", required=True),
        _deal("amount", "Value", kind="money"),
        _deal("currency", "Currency of Value", "Currency", kind="currency"),
        _deal("probability", "Probability", kind="percentage"),
        _deal("close_date", "Expected close date", kind="date"),
        _deal("won_at", "Won time", kind="date-time"),
        _deal("lost_at", "Lost time", kind="date-time"),
        Field("done_at", ("Deal - Deal closed on", "Deal closed on", "Closed time"), "date-time", unless="won_at"),
        _deal("created_at", "Deal created", "Creation date", "Add time", kind="date-time"),
        _deal("modified_at", "Update time", kind="date-time"),
        _deal("entered_at", "Last stage change", "Stage change time", kind="date-time"),
    ),
    alike=plain,
    local=True,
    left_out=(
        *_field("Deal", "", "Title", "Organization", "Contact person", "Lost reason", "Label", "Creator").names,
        *_field("Deal", "", "Visible to", "Next activity date", "Last activity date", "Weighted value").names,
        *_field("Deal", "", "Total activities", "Done activities", "Activities to do", "Source channel").names,
        *("Person - *", "Organization - *", "Product - *"),
    ),
)
_ACCOUNTS: Final = Form(
    "accounts",
    (
        _field("Organization", "account_id", "ID", "Pipedrive System ID", "System ID", required=True),
        _field("Organization", "domain", "Website", "Domain"),
        _field("Organization", "industry", "Industry"),
        _field("Organization", "created_at", "Organization created", "Creation date", "Add time", kind="date-time"),
        _field("Organization", "modified_at", "Update time", kind="date-time"),
    ),
    alike=plain,
    local=True,
    left_out=_field(
        "Organization", "", "Name", "Owner", "Address", "Label", "People", "Open deals", "Visible to"
    ).names,
)
_OWNERS: Final = Form(
    "owners",
    (
        _field("User", "owner_id", "ID", "User ID"),
        _field("User", "email", "Email", "Email address", kind="e-mail"),
        _field("User", "name", "Name", "User name", required=True),
        _field("User", "is_active", "Active", "Is active", kind="flag"),
    ),
    alike=plain,
    left_out=("User - Role", "Role", "Permission set", "Visibility group", "Last login", "Teams", "Phone"),
)
_KNOWN: Final = frozenset(plain(n) for form in (_DEALS, _ACCOUNTS, _OWNERS) for one in form.fields for n in one.names)


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the records of one list."""
    told, chunks = declared(file.name), delimited.of_file(file)
    sheet = delimited.examine(chunks, file.name, lambda name: plain(name) in _KNOWN)
    match _entity(file.name, sheet):
        case "deal":
            for part in fields.records(sheet, chunks, _DEALS, told):
                if isinstance(part, Batch):
                    yield from _deals(part.records)
                else:
                    yield part
        case "organization":
            for part in fields.records(sheet, chunks, _ACCOUNTS, told):
                if isinstance(part, Batch):
                    domain = crm.domains(part.records.column("domain"))
                    yield crm.batch(ACCOUNTS, part.records, domain=domain)
                else:
                    yield part
        case "user":
            yield from crm.with_names(fields.records(sheet, chunks, _OWNERS, told), OWNERS, file.name)
        case "other":
            yield Ignored(file.name, "an entity that is not used")
        case _:
            remedy = "export deals, organizations or users as CSV with English headers, such as Deal - Status"
            raise Refused("is no list of Pipedrive", where=file.name, remedy=remedy)


def _entity(name: str, sheet: delimited.Sheet) -> str | None:
    """By the prefixes of the header, else by what only one list has, else by the file's name."""
    header = [plain(cell) for cell in sheet.header]
    prefixes = {found["entity"] for cell in header if (found := _PREFIX.fullmatch(cell))}
    if known := [entity for entity in ENTITIES if entity in prefixes]:
        return ENTITIES[known[0]]
    if {"status", "stage"} <= set(header):
        return "deal"
    word = re.match(r"[a-z]+", PurePosixPath(name).name.lower())
    if word and (told := ENTITIES.get(word[0].removesuffix("s"))):
        return told
    return "user" if {"name", "email"} <= set(header) and set(header) & {"user id", "active", "is active"} else None


def _deals(found: pa.RecordBatch) -> Iterator[Batch]:
    outcome = crm.chosen(found.column("status"), {"open": "open", "won": "won", "lost": "lost"})
    is_won, is_lost = (pc.fill_null(pc.equal(outcome, value), False) for value in ("won", "lost"))
    closed_at = pc.if_else(is_won, found.column("won_at"), found.column("lost_at"))
    closed_at = pc.coalesce(closed_at, found.column("done_at"))
    owner_id, owner_email = crm.named(found.column("owner"))
    yield crm.batch(
        DEALS,
        found,
        owner_id=owner_id,
        owner_email=owner_email,
        outcome=outcome,
        closed_at=pc.if_else(pc.or_(is_won, is_lost), closed_at, pa.scalar(None, closed_at.type)),
        is_deleted=pc.equal(pc.utf8_lower(found.column("status")), "deleted"),
    )
    entered = found.filter(pc.is_valid(found.column("entered_at")))
    if entered.num_rows:
        yield crm.batch(STAGES, entered)


SOURCE: Final = Source(
    name=NAME,
    title="Pipedrive list export",
    endings=(".csv",),
    tables=(DEALS, STAGES, ACCOUNTS, OWNERS),
    parse=parse,
    headers=tuple(form.header() for form in (_DEALS, _ACCOUNTS, _OWNERS)),
    observed_from_seen=True,
)
