"""Exchange rates CSV -> rates: one row per month, currency and base currency.

Columns: month (YYYY-MM, or its first day), currency (three letters), rate: how many units of the organisation's
currency one unit is worth, and that currency: either a column base_currency, or in the name of the rate's column, as
`rate_to_eur`. Headers are matched without case, spaces, - and _. The decimal sign is a point, or what
`fx_rates/decimal=comma/` declares.

Rejected by row: a month in another form, a currency that is no code, a rate that is no number above 0, a rate that an
earlier row gives in another way. The base currency needs no row of its own.
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
from throughline.source import Batch, Parsed, Refused, Source, Table
from throughline.sources import crm_shapes as crm
from throughline.sources.people import plain


def _told_of(found: pa.RecordBatch) -> Iterator[tuple[tuple[str, ...], float]]:
    """Month and currencies -> rate."""
    for month, *currencies, rate in zip(*(column.to_pylist() for column in found.columns), strict=True):
        yield (month[:7], *currencies), rate


FORM: Final = Form(
    "rates",
    (
        Field("month", ("month",), required=True),
        Field("currency", ("currency", "currency code"), "currency", required=True),
        Field("base_currency", ("base currency", "base", "org currency"), "currency", required=True),
        Field("rate", ("rate", "rate to base"), "number", required=True),
    ),
    alike=plain,
    checks={
        "month is not YYYY-MM": lambda r: pc.invert(
            pc.match_substring_regex(r.column("month"), r"^[0-9]{4}-(0[1-9]|1[0-2])(-01)?$")
        ),
        "the rate is not above 0": lambda r: pc.less_equal(r.column("rate"), 0),
    },
    single=("an earlier row gives another rate for the month and currency", _told_of),
)
RATES: Final = Table("rates", fields.schema(FORM.fields), ("month", "currency", "base_currency"))
_NAMES: Final = frozenset(plain(name) for one in FORM.fields for name in one.names)
_RATE_TO = re.compile(r"rateto([a-z]{3})")


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the rates of one file."""
    chunks = delimited.of_file(file)
    sheet = delimited.examine(chunks, file.name, lambda name: plain(name) in _NAMES or bool(_rate_to(name)))
    bases = {base for name in sheet.header if (base := _rate_to(name))}
    if len(bases) > 1:
        remedy = "land one file a base currency, or use a column base_currency"
        raise Refused("has rates to several currencies side by side", where=file.name, remedy=remedy)
    form, base = FORM, next(iter(bases), None)
    if base:
        sheet = replace(sheet, header=tuple("rate" if _rate_to(name) else name for name in sheet.header))
        form = replace(FORM, fields=tuple(one for one in FORM.fields if one.column != "base_currency"))
    for part in fields.records(sheet, chunks, form, declared(file.name)):
        yield _based(part.records, base) if isinstance(part, Batch) else part


def _rate_to(header: str) -> str | None:
    found = _RATE_TO.fullmatch(plain(header))
    return found[1].upper() if found else None


def _based(found: pa.RecordBatch, base: str | None) -> Batch:
    """The base currency is that of the rate's column, where it names one."""
    given = {"base_currency": pa.array([base] * found.num_rows, pa.string())} if base else {}
    return crm.batch(RATES, found, month=pc.utf8_slice_codeunits(found.column("month"), 0, 7), **given)


SOURCE: Final = Source(
    name="fx_rates",
    title="exchange rates",
    endings=(".csv",),
    tables=(RATES,),
    parse=parse,
    headers=(FORM.header(),),
    observed_from_seen=True,
)
