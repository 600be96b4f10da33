"""Stage map CSV -> stages: what a CRM's stage means, one row per source, pipeline and stage.

Needed where an export does not say which deals are won or lost (HubSpot without "Is Closed Won"), and to give stages
an order. Columns: source (the landing folder's name: hubspot, …), pipeline (empty: every pipeline of the source that
has no row of its own), stage (as the export writes it, label or internal name), outcome (won, lost or open), position
(a whole number, growing along the pipeline; optional). Headers are matched without case, spaces, - and _.

Rejected by row: no source or stage, another outcome, a position that is no whole number, a stage that an earlier row
maps in another way. A pipeline that is empty is "" in the table, so that the key has no NULL.
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
from throughline.source import Batch, Parsed, Rejected, Source, Table
from throughline.sources import crm_shapes as crm
from throughline.sources.people import plain

OUTCOMES: Final = ("won", "lost", "open")
FORM: Final = Form(
    "stages",
    (
        Field("source", ("source", "tool", "crm"), required=True),
        Field("pipeline", ("pipeline",)),
        Field("stage", ("stage", "deal stage"), required=True),
        Field("outcome", ("outcome", "means"), required=True),
        Field("position", ("position", "order"), "count", strict=True),
    ),
    alike=plain,
    left_out=("label", "note"),
    checks={
        f"outcome is none of {', '.join(OUTCOMES)}": lambda r: pc.invert(
            pc.is_in(pc.utf8_lower(r.column("outcome")), pa.array(OUTCOMES))
        )
    },
)
STAGES: Final = Table("stages", fields.schema(FORM.fields), ("source", "pipeline", "stage"))
_NAMES: Final = frozenset(plain(name) for one in FORM.fields for name in one.names)


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the rows of one map."""
    chunks = delimited.of_file(file)
    sheet = delimited.examine(chunks, file.name, lambda header: plain(header) in _NAMES)
    known: dict[tuple[str, str, str], tuple[str, int | None]] = {}
    for part in fields.records(sheet, chunks, FORM, declared(file.name)):
        yield from _single(part, known, file.name) if isinstance(part, Batch) else (part,)


def _single(part: Batch, known: dict[tuple[str, str, str], tuple[str, int | None]], place: str) -> Iterator[Parsed]:
    """The rows that contradict no earlier one."""
    found = part.records
    columns = {
        "source": pc.utf8_lower(found.column("source")),
        "pipeline": pc.fill_null(crm.names(found.column("pipeline")), ""),
        "stage": crm.names(found.column("stage")),
        "outcome": pc.utf8_lower(found.column("outcome")),
    }
    rows = [*(column.to_pylist() for column in columns.values()), found.column("position").to_pylist()]
    agrees = [
        known.setdefault((source, pipeline, stage), (outcome, position)) == (outcome, position)
        for source, pipeline, stage, outcome, position in zip(*rows, strict=True)
    ]
    for _ in range(agrees.count(False)):
        yield Rejected(part.table, place, "an earlier row maps the stage in another way")
    batch = crm.batch(STAGES, found, **columns)
    if any(agrees):
        yield Batch(STAGES.name, batch.records.filter(pa.array(agrees, pa.bool_())))


SOURCE: Final = Source(
    name="stage_map",
    title="stage map",
    endings=(".csv",),
    tables=(STAGES,),
    parse=parse,
    headers=(FORM.header(),),
    observed_from_seen=True,
)
