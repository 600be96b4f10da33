"""The tables that every CRM other than Salesforce gives: deals, deal_stages, accounts, owners.

One shape for all, so that one staging model serves them. A name of a person stands only in a column of people, whose
values the lake replaces by keys: where an export names owners by display name alone, that name is the owner_id, and
`owners` holds a row for the id and one for the name (unless two people share it), each with the e-mail address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from throughline.source import AMOUNT, TIMESTAMP, Batch, Ignored, Parsed, Table

_TEXT, _TIME, _FLAG = pa.string(), TIMESTAMP, pa.bool_()
_EMAIL_IN_BRACKETS: Final = r"^(?P<name>.*?)\s*[(<](?P<email>[^()<>@\s]+@[^()<>@\s]+)[)>]$"
_HOST: Final = r"^(?:[a-z][a-z0-9+.-]*://)?(?:www\.)?(?P<host>[^/:?#@\s]+\.[^/:?#@\s.]+)\.?(?:[/:?#].*)?$"


def deals(source: str) -> Table:
    """One row per deal. outcome: won, lost or open where the export says so, NULL where a stage map is needed."""
    columns = {
        **{"deal_id": _TEXT, "account_id": _TEXT, "owner_id": _TEXT, "owner_email": _TEXT},
        **{"pipeline": _TEXT, "stage": _TEXT, "outcome": _TEXT, "amount": AMOUNT, "currency": _TEXT},
        **{"probability": pa.float64(), "close_date": pa.date32(), "closed_at": _TIME, "created_at": _TIME},
        **{"modified_at": _TIME, "deal_type": _TEXT, "is_deleted": _FLAG},
    }
    people = {"owner_id": source, "owner_email": "email"}
    return Table("deals", _schema(columns), ("deal_id",), people, version="modified_at", observed="modified_at")


def deal_stages(source: str) -> Table:  # one signature for all shapes
    """One row per deal and stage that it entered."""
    columns = {"deal_id": _TEXT, "entered_at": _TIME, "stage": _TEXT, "pipeline": _TEXT}
    return Table("deal_stages", _schema(columns), ("deal_id", "entered_at", "stage"))


def accounts(source: str) -> Table:  # as above
    """One row per account, that is, per company."""
    columns = {"account_id": _TEXT, "domain": _TEXT, "industry": _TEXT, "created_at": _TIME, "modified_at": _TIME}
    return Table("accounts", _schema(columns), ("account_id",), version="modified_at", observed="modified_at")


def owners(source: str) -> Table:
    """One row per owner and way to name them: by id, and by display name."""
    columns = {"owner_id": _TEXT, "email": _TEXT, "is_active": _FLAG}
    return Table("owners", _schema(columns), ("owner_id",), {"owner_id": source, "email": "email"})


def batch(table: Table, found: pa.RecordBatch, **columns: pa.Array) -> Batch:
    """The columns of a table, of `columns` first, then of `found`; the others are NULL."""
    given: Mapping[str, pa.Array] = dict(zip(found.schema.names, found.columns, strict=True)) | columns
    nothing = {name: pa.nulls(found.num_rows, table.schema.field(name).type) for name in table.schema.names}
    arrays = [given.get(name, nothing[name]) for name in table.schema.names]
    return Batch(table.name, pa.RecordBatch.from_arrays(arrays, schema=table.schema))


def names(values: pa.Array) -> pa.Array:
    """Display names with single spaces, composed characters, as the tool spells them."""
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(pc.utf8_normalize(values, "NFC"), r"\s+", " "))


def named(values: pa.Array) -> tuple[pa.Array, pa.Array]:
    """ "Name (address)", a name or an address -> name, address or NULL. An address alone is its own name."""
    whole = names(values)
    split = pc.extract_regex(whole, _EMAIL_IN_BRACKETS)
    name, email = pc.struct_field(split, "name"), pc.struct_field(split, "email")
    address = pc.if_else(pc.match_substring_regex(whole, r"^[^@\s]+@[^@\s]+$"), whole, pa.scalar(None, _TEXT))
    owner = pc.coalesce(pc.if_else(pc.equal(name, ""), email, name), whole)
    return owner, pc.coalesce(email, address)


def domains(values: pa.Array) -> pa.Array:
    """The host of a web address or a domain, lower-case, without www; what is none is NULL."""
    return pc.struct_field(pc.extract_regex(pc.utf8_lower(values), _HOST), "host")


def outcomes(won: pa.Array, lost: pa.Array, closed: pa.Array) -> pa.Array:
    """Three flags, each NULL where the export does not say -> won, lost, open or NULL."""
    won, lost = pc.fill_null(won, False), pc.fill_null(lost, False)
    open_, shut = pc.fill_null(pc.invert(closed), False), pc.fill_null(closed, False)
    return pc.case_when(pc.make_struct(won, pc.or_(lost, shut), open_), "won", "lost", "open")


def chosen(values: pa.Array, known: Mapping[str, str]) -> pa.Array:
    """Values by their spelling in lower case; one that is not known is NULL."""
    keys, results = pa.array(list(known), _TEXT), pa.array(list(known.values()), _TEXT)
    return pc.take(results, pc.index_in(pc.utf8_lower(values), keys))


def with_names(parts: Iterator[Parsed], table: Table, place: str) -> Iterator[Parsed]:
    """Batches of owners with a column `name` more -> batches of the table, then a row a name.

    Holds one name an owner. A name that two people share gives no row and is reported, not shown.
    """
    known: dict[str, tuple[str | None, bool | None]] = {}
    shared: set[str] = set()
    for part in parts:
        if not isinstance(part, Batch):
            yield part
            continue
        told = part.records
        with_id = told.filter(pc.is_valid(told.column("owner_id")))
        if with_id.num_rows:
            yield batch(table, with_id)
        columns = (names(told.column("name")), told.column("email"), told.column("is_active"))
        for name, email, is_active in zip(*(column.to_pylist() for column in columns), strict=True):
            if name and name in known and known[name][0] != email:
                shared.add(name)
            elif name:
                known[name] = (email, is_active)
    rows = [{"owner_id": n, "email": known[n][0], "is_active": known[n][1]} for n in known if n not in shared]
    if rows:
        yield Batch(table.name, pa.RecordBatch.from_pylist(rows, schema=table.schema))
    if shared:
        reason = f"{len(shared):,} names belong to several people; deals that name their owner so match nobody"
        yield Ignored(place, reason)


def _schema(columns: Mapping[str, pa.DataType]) -> pa.Schema:
    return pa.schema(list(columns.items()))
