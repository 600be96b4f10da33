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
from throughline.source import Batch, Parsed, Source, Table
from throughline.sources import crm_shapes as crm
from throughline.sources.people import plain

OUTCOMES: Final = ("won", "lost", "open")


def _spelled(found: pa.RecordBatch) -> Batch:
    """Names as they are compared."""
    return crm.batch(
        STAGES,
        found,
        source=pc.utf8_lower(found.column("source")),
        pipeline=pc.fill_null(crm.names(found.column("pipeline")), ""),
        stage=crm.names(found.column("stage")),
        outcome=pc.utf8_lower(found.column("outcome")),
    )


def _told_of(found: pa.RecordBatch) -> Iterator[tuple[tuple[str, ...], tuple[str, int | None]]]:
    """Stage of a pipeline -> outcome and position."""
    for *stage, outcome, position in zip(*(one.to_pylist() for one in _spelled(found).records.columns), strict=True):
        yield tuple(stage), (outcome, position)


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
    single=("an earlier row maps the stage in another way", _told_of),
)
STAGES: Final = Table("stages", fields.schema(FORM.fields), ("source", "pipeline", "stage"))
_NAMES: Final = frozenset(plain(name) for one in FORM.fields for name in one.names)


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the rows of one map."""
    chunks = delimited.of_file(file)
    sheet = delimited.examine(chunks, file.name, lambda header: plain(header) in _NAMES)
    for part in fields.records(sheet, chunks, FORM, declared(file.name)):
        yield _spelled(part.records) if isinstance(part, Batch) else part


SOURCE: Final = Source(
    name="stage_map",
    title="stage map",
    endings=(".csv",),
    tables=(STAGES,),
    parse=parse,
    headers=(FORM.header(),),
    observed_from_seen=True,
)
