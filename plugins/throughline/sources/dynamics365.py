"""Dynamics 365 Sales: view exports (CSV) and Synapse Link (ZIP with model.json) -> deals, accounts, owners.

View export ("Export to CSV", or a ZIP of such files): UTF-8 with BOM, CRLF between rows, HTML of several lines.
- A record's id is the hidden column "(Do Not Modify) Opportunity"; without it the same deal could not be known again,
  so the file is refused. Headers are English; opportunities, accounts and users are read, other tables are ignored.
- Dates and times are in the exporting user's form and zone. 5/6/2024 refuses the file with its readings unless it lies
  in a folder that declares the order; times are taken as UTC, which is reported, unless a folder declares their zone:
  `dynamics365/dates=MM-DD-YY/zone=America/New_York/opportunities.csv`. "$7,450.00 " is read; "7,450" alone needs
  `decimal=point` or `decimal=comma`.
- The owner is a display name: it is the owner_id; land the users too. A view may show "Primary Email (Owning User)
  (User)": it is the owner_email.
- A file of 100,000 rows, the most that a view exports, may be cut off, which is reported.
- outcome is the Status: Open, Won or Lost; the stage is Sales Stage, else Pipeline Phase, else Status Reason.

Synapse Link: the folder zipped as it is; CSV without header, columns by model.json (a row from before one was added
lacks it), choices as numbers, whose labels come from OptionsetMetadata/ or the entity stringmap (a number without a
label stays a number). In append-only mode rows repeat: the latest SinkModifiedOn counts, and a deal with IsDelete is
deleted. SinkModifiedOn is written M/D/YYYY by the service, whatever the user's form or a folder says; a row where it is
no time is rejected; all times are UTC. statecode 0, 1, 2 is open, won, lost; the stage is stepname, else salesstage,
else statuscode.

amount is the actual revenue of a won deal where there is one, else the estimated one. close_date is the actual close
date where there is one, else the estimated one; closed_at is the actual one at midnight. Left out on purpose: topics,
descriptions, contacts, names of accounts (a view shows no account id, so account_id is NULL there), Entra object ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from throughline.landing import Archive, LandingFile
from throughline.reading import cells, delimited, fields
from throughline.reading.declared import Declared, declared
from throughline.reading.dynamics_forms import CURRENCIES, LINK, VIEW, plain
from throughline.reading.synapse_link import Link, Part, link
from throughline.source import TIMESTAMP, Batch, Damaged, Ignored, Parsed, Refused, Rejected, Source
from throughline.sources import crm_shapes as crm

NAME: Final = "dynamics365"
DEALS, ACCOUNTS, OWNERS = (shape(NAME) for shape in (crm.deals, crm.accounts, crm.owners))
MOST_ROWS: Final = 100_000  # of a view in one file
LABELLED: Final = {("opportunity", "salesstage"), ("opportunity", "statuscode"), ("account", "industrycode")}

_HIDDEN = re.compile(r"\(do not modify\) (?!row checksum|modified on)(.+)")
_KNOWN: Final = frozenset(plain(name) for form in VIEW.values() for one in form.fields for name in one.names)


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the records of one view, of each view of a ZIP, or of one Synapse Link folder."""
    told = declared(file.name)
    if not file.name.lower().endswith(".zip"):
        chunks = delimited.of_file(file)
        yield from _view(_examined(chunks, file.name), chunks, told)
        return
    with Archive(file.content, file.name) as archive:
        found = link(archive, lambda entity, column: ((entity or "opportunity"), column) in LABELLED)
        if found:
            yield from _linked(found, Declared("MDY", "UTC"), file.name)
            return
        members = archive.members()
        views = [member for member in members if member.lower().endswith(".csv")]
        if not views:
            remedy = "land the folder of Synapse Link with its model.json as a ZIP, or views exported as CSV"
            raise Refused("holds neither model.json nor CSV", where=file.name, remedy=remedy)
        for member in views:
            chunks, place = partial(archive.chunks, member), f"{file.name} » {member}"
            try:
                sheet = _examined(chunks, place)
            except Refused as refused:
                yield Damaged(place, refused.what, refused.remedy)
            else:
                yield from _view(sheet, chunks, told)
        if others := len(members) - len(views):
            yield Ignored(file.name, f"{others:,} files that are no CSV")


def _examined(chunks: delimited.Chunks, place: str) -> delimited.Sheet:
    """Raises Refused."""
    sheet = delimited.examine(chunks, place, lambda name: plain(name) in _KNOWN)
    if not _entity(sheet):
        remedy = "export the view of opportunities, accounts or users in English, with its hidden columns"
        raise Refused("is no view of Dynamics 365", where=place, remedy=remedy)
    return sheet


def _view(sheet: delimited.Sheet, chunks: delimited.Chunks, told: Declared) -> Iterator[Parsed]:
    entity = _entity(sheet)
    if entity not in VIEW:
        yield Ignored(sheet.place, "a table that is not used")
        return
    parts = _counted(fields.records(sheet, chunks, VIEW[entity], told), sheet.place)
    if entity == "user":
        yield from _owners(parts, sheet.place)
        return
    for part in parts:
        if not isinstance(part, Batch):
            yield part
        else:
            yield _accounts(part.records) if entity == "account" else _viewed_deals(part.records, told.zone)


def _counted(parts: Iterator[Parsed], place: str) -> Iterator[Parsed]:
    """The same, and a word where the view may have been cut off."""
    count = 0
    for part in parts:
        count += part.records.num_rows if isinstance(part, Batch) else isinstance(part, Rejected)
        yield part
    if count == MOST_ROWS:
        reason = f"it has {count:,} rows, the most that a view exports: others may be missing; export several views"
        yield Ignored(place, reason)


def _entity(sheet: delimited.Sheet) -> str:
    """The table by its hidden column, else by what only it has; "" where nothing tells."""
    header = [plain(name) for name in sheet.header]
    hidden = next((found[1] for name in header if (found := _HIDDEN.fullmatch(name))), "")
    if not hidden and {"topic", "status"} <= set(header):
        return "opportunity"
    return hidden


def _linked(found: Link, told: Declared, place: str) -> Iterator[Parsed]:
    yield from found.damaged
    currencies: dict[str, str] = {}
    for part in found.parts:
        if part.entity == "transactioncurrency":
            currencies |= _currencies(part)
    users = [part for part in found.parts if part.entity == "systemuser"]
    yield from _owners(chain.from_iterable(_part(part, told) for part in users), place)
    others = [part for part in found.parts if part.entity in ("opportunity", "account")]
    for part in others:
        for one in _part(part, told):
            if not isinstance(one, Batch):
                yield one
            elif part.entity == "account":
                yield _accounts(_labelled(one.records, "industry", found.of("account", "industrycode")))
            else:
                yield _linked_deals(one.records, found, currencies)
    if not users and not others:
        remedy = "choose opportunity, account and systemuser in Synapse Link"
        raise Refused(f"holds none of {', '.join(LINK)}", where=place, remedy=remedy)
    if unused := sorted({part.entity for part in found.parts} - {*LINK, "transactioncurrency", "stringmap"}):
        yield Ignored(place, f"tables that are not used: {', '.join(unused)}")
    if found.copies:
        yield Ignored(place, f"{found.copies:,} copies of tables in Snapshot/, which hold what was deleted since")
    if found.others:
        yield Ignored(place, f"{len(found.others):,} files of no entity that model.json describes")


def _part(part: Part, told: Declared) -> Iterator[Parsed]:
    """The records of one CSV of an entity, or what is wrong with it."""
    try:
        sheet = part.sheet()
    except Refused as refused:
        is_empty = refused.what == "is empty"
        yield Ignored(part.place, "is empty") if is_empty else Damaged(part.place, refused.what, refused.remedy)
    else:
        yield from fields.records(sheet, part.chunks, LINK[part.entity], told)


def _currencies(part: Part) -> dict[str, str]:
    """Id -> code; none where the table cannot be read."""
    header = part.header
    columns = {name: header.index(name) for name in ("id", "isocurrencycode") if name in header}
    if len(columns) < 2:
        return {}
    try:
        rows = list(delimited.rows(part.sheet(), part.chunks, columns, ("",)))
    except Refused:
        return {}
    records = [one for batch in rows if isinstance(batch, delimited.Rows) for one in batch.records.to_pylist()]
    return {one["id"].lower(): one["isocurrencycode"] for one in records if one["id"] and one["isocurrencycode"]}


def _viewed_deals(found: pa.RecordBatch, zone: str | None) -> Batch:
    owner_id, owner_email = crm.named(found.column("owner"))
    currency = crm.chosen(found.column("currency"), CURRENCIES)
    outcome = crm.chosen(found.column("status"), {"open": "open", "won": "won", "lost": "lost"})
    return _deals(
        found,
        outcome,
        zone,
        owner_id=owner_id,
        owner_email=pc.coalesce(found.column("owner_email"), owner_email),
        stage=pc.coalesce(*(found.column(name) for name in ("stage", "phase", "reason"))),
        currency=pc.coalesce(currency, cells.codes(found.column("currency"))),
    )


def _linked_deals(found: pa.RecordBatch, labels: Link, currencies: dict[str, str]) -> Batch:
    found = _labelled(found, "stage", labels.of("opportunity", "salesstage"))
    found = _labelled(found, "status", labels.of("opportunity", "statuscode"))
    is_account = pc.fill_null(pc.equal(pc.utf8_lower(found.column("customer_type")), "account"), False)
    customer = pc.if_else(is_account, found.column("customer"), pa.scalar(None, pa.string()))
    return _deals(
        found,
        crm.chosen(found.column("state"), {"0": "open", "1": "won", "2": "lost"}),
        "UTC",
        account_id=_guid(pc.coalesce(found.column("parent_account"), customer)),
        owner_id=_guid(found.column("owner_id")),
        stage=pc.coalesce(found.column("step"), found.column("stage"), found.column("status")),
        currency=crm.chosen(found.column("currency"), currencies),
    )


def _deals(found: pa.RecordBatch, outcome: pa.Array, zone: str | None, **columns: pa.Array) -> Batch:
    is_won = pc.fill_null(pc.equal(outcome, "won"), False)
    is_done = pc.is_in(outcome, pa.array(["won", "lost"]))
    actual = pc.if_else(is_done, found.column("actual_close"), pa.scalar(None, pa.date32()))
    local = pc.assume_timezone(pc.cast(actual, pa.timestamp("us")), zone or "UTC", nonexistent="latest")
    revenue = pc.if_else(is_won, found.column("actual"), pa.scalar(None, found.column("actual").type))
    return crm.batch(
        DEALS,
        found,
        deal_id=_guid(found.column("deal_id")),
        outcome=outcome,
        amount=pc.coalesce(revenue, found.column("estimated")),
        close_date=pc.coalesce(actual, found.column("estimated_close")),
        closed_at=pc.cast(local, TIMESTAMP),
        **columns,
    )


def _accounts(found: pa.RecordBatch) -> Batch:
    domain = crm.domains(found.column("domain"))
    return crm.batch(ACCOUNTS, found, account_id=_guid(found.column("account_id")), domain=domain)


def _owners(parts: Iterator[Parsed], place: str) -> Iterator[Parsed]:
    def told(part: Parsed) -> Parsed:
        if not isinstance(part, Batch):
            return part
        found, lower = part.records, pc.utf8_lower(part.records.column("disabled"))
        is_off = pc.is_in(lower, pa.array(["true", "1", "disabled", "yes"]))
        is_active = pc.if_else(pc.is_valid(lower), pc.invert(is_off), pa.scalar(None, pa.bool_()))
        at = found.schema.get_field_index("owner_id")
        found = found.set_column(at, "owner_id", _guid(found.column("owner_id")))
        return Batch(part.table, found.append_column("is_active", is_active))

    return crm.with_names(map(told, parts), OWNERS, place)


def _labelled(found: pa.RecordBatch, column: str, labels: dict[str, str]) -> pa.RecordBatch:
    """Options of a column replaced by their labels; a number without one stays."""
    at, values = found.schema.get_field_index(column), found.column(column)
    return found.set_column(at, column, pc.coalesce(crm.chosen(values, labels), values))


def _guid(values: pa.Array) -> pa.Array:
    """Ids of records without braces, in lower case."""
    return pc.utf8_lower(pc.utf8_trim(values, "{}"))


SOURCE: Final = Source(
    name=NAME,
    title="Dynamics 365 export",
    endings=(".csv", ".zip"),
    tables=(DEALS, ACCOUNTS, OWNERS),
    parse=parse,
    headers=tuple(form.header() for forms in (VIEW, LINK) for form in forms.values()),
    observed_from_seen=True,
)
