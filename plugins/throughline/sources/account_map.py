"""Account map CSV -> account_spaces: which account of the CRM a space of a tool is about, one row per pair.

Needed because a channel has a name and no account. Columns: tool (the landing folder's name: slack, teams, …), space
(its name, a glob such as acme-*, or its id), crm (the landing folder's name: salesforce, …), and account_id or domain:
the account as the CRM's export writes it, or the host of its web address, which then means every account of that
domain. Several rows may name one space, or one account. Headers are matched without case, spaces, - and _.

Rejected by row: no tool, space or CRM, one that is no name of a landing folder, neither account nor domain, a domain
that is none (an e-mail address is a person's). What is empty is "" in the table, so that the key has no NULL.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from throughline.landing import LandingFile
from throughline.reading import delimited, fields
from throughline.reading.declared import declared
from throughline.reading.fields import Field, Form
from throughline.source import Batch, Parsed, Source, Table
from throughline.sources import crm_shapes as crm
from throughline.sources.people import plain

_FOLDER: Final = r"^[a-z][a-z0-9_]*$"


def _is_no_folder(values: pa.Array) -> pa.Array:
    return pc.invert(pc.match_substring_regex(pc.utf8_lower(values), _FOLDER))


FORM: Final = Form(
    "account_spaces",
    (
        Field("tool", ("tool",), required=True),
        Field("space", ("space", "channel", "group", "room"), required=True),
        Field("source", ("crm", "source", "crm source"), required=True),
        Field("account_id", ("account id", "account", "company id"), unless="domain"),
        Field("domain", ("domain", "website", "account domain"), unless="account_id"),
    ),
    alike=plain,
    left_out=("account name", "company", "note"),
    checks={
        "the tool is no name of a landing folder": lambda r: _is_no_folder(r.column("tool")),
        "the CRM is no name of a landing folder": lambda r: _is_no_folder(r.column("source")),
        "the domain is none, such as example.org": lambda r: pc.and_(
            pc.is_valid(r.column("domain")), pc.is_null(crm.domains(r.column("domain")))
        ),
        "it names neither account nor domain": lambda r: pc.and_(
            pc.is_null(r.column("account_id")), pc.is_null(r.column("domain"))
        ),
    },
)
SPACES: Final = Table("account_spaces", fields.schema(FORM.fields), ("tool", "space", "source", "account_id", "domain"))
_NAMES: Final = frozenset(plain(name) for one in FORM.fields for name in one.names)


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the rows of one map."""
    chunks = delimited.of_file(file)
    sheet = delimited.examine(chunks, file.name, lambda header: plain(header) in _NAMES)
    for part in fields.records(sheet, chunks, FORM, declared(file.name)):
        yield _spelled(part.records) if isinstance(part, Batch) else part


def _spelled(found: pa.RecordBatch) -> Batch:
    """Names as they are compared: lower case, without the # that people write before a channel."""
    return crm.batch(
        SPACES,
        found,
        tool=pc.utf8_lower(found.column("tool")),
        space=pc.utf8_lower(pc.replace_substring_regex(crm.names(found.column("space")), "^#", "")),
        source=pc.utf8_lower(found.column("source")),
        account_id=pc.fill_null(found.column("account_id"), ""),
        domain=pc.fill_null(crm.domains(found.column("domain")), ""),
    )


SOURCE: Final = Source(
    name="account_map",
    title="account map",
    endings=(".csv",),
    tables=(SPACES,),
    parse=parse,
    headers=(FORM.header(),),
    observed_from_seen=True,
)
