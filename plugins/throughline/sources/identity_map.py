"""Identity map CSV -> identities: which e-mail address stands behind an account of a tool, one row an account.

Needed where an export has no usable address: Slack without e-mail, owners by display name (HubSpot, Pipedrive, Dynamics
365), user principal names that are no address. Columns: tool (the landing folder's name: slack, hubspot, …),
tool_user_id (as the tool's export writes it: an id, or the display name), email. The tool `email` maps one address to
another, for aliases and user principal names. Headers are matched without case, spaces, - and _.

Rejected by row: no tool, id or proper address, a tool that is no name of a landing folder, an account that an earlier
row gives to another address. Two people who share a display name cannot be told apart: leave the name out.
A map has no time of its own: it is a picture of the day it was first seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from throughline.landing import LandingFile
from throughline.privacy import normalise_email
from throughline.reading import delimited, fields
from throughline.reading.declared import declared
from throughline.reading.fields import Field, Form
from throughline.source import Batch, Parsed, Source, Table
from throughline.sources import crm_shapes as crm
from throughline.sources.people import plain


def _spelled(found: pa.RecordBatch) -> Batch:
    """Names as they are compared."""
    tool, user = pc.utf8_lower(found.column("tool")), crm.names(found.column("tool_user_id"))
    return crm.batch(IDENTITIES, found, tool=tool, tool_user_id=user)


def _told_of(found: pa.RecordBatch) -> Iterator[tuple[tuple[str, str], str]]:
    """Account -> address; of an alias the account is an address as well."""
    for tool, user, email in zip(*(column.to_pylist() for column in _spelled(found).records.columns), strict=True):
        yield (tool, normalise_email(user) if tool == "email" else user), normalise_email(email)


FORM: Final = Form(
    "identities",
    (
        Field("tool", ("tool", "source", "system"), required=True),
        Field("tool_user_id", ("tool user id", "user id", "account id", "user", "id"), required=True),
        Field("email", ("email", "email address", "work email", "mail"), "e-mail", required=True),
    ),
    alike=plain,
    left_out=("name", "display name", "note"),
    checks={
        "the tool is no name of a landing folder": lambda r: pc.invert(
            pc.match_substring_regex(pc.utf8_lower(r.column("tool")), r"^[a-z][a-z0-9_]*$")
        )
    },
    single=("an earlier row gives the account to another address", _told_of),
)
IDENTITIES: Final = Table(
    "identities",
    fields.schema(FORM.fields),
    ("tool", "tool_user_id"),
    {"tool_user_id": "{tool}", "email": "email"},
)
_NAMES: Final = frozenset(plain(name) for one in FORM.fields for name in one.names)


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the rows of one map."""
    chunks = delimited.of_file(file)
    sheet = delimited.examine(chunks, file.name, lambda header: plain(header) in _NAMES)
    for part in fields.records(sheet, chunks, FORM, declared(file.name)):
        yield _spelled(part.records) if isinstance(part, Batch) else part


SOURCE: Final = Source(
    name="identity_map",
    title="identity map",
    endings=(".csv",),
    tables=(IDENTITIES,),
    parse=parse,
    headers=(FORM.header(),),
    observed_from_seen=True,
)
