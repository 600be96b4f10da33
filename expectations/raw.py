"""What holds for every raw table, from its specification in `source.py`: shape, key, people columns, lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from great_expectations import expectations as gxe  # noqa: TID253  # only quality.py imports this file, inside a function

from expectations.sql import NoRows

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

    from throughline.source import Table

LINEAGE = ("file_id", "loaded_at")
_TYPES = {
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.date32(): "DATE",
    pa.timestamp("us", tz="UTC"): "TIMESTAMP WITH TIME ZONE",
    pa.decimal128(18, 2): "DECIMAL(18,2)",
}
# an id of a channel or group chat of Teams, which is no address: 19:8f2c…@thread.tacv2
_THREAD = "19:[A-Za-z0-9_-]+@thread[.](tacv2|skype|v2)"
_ADDRESS = "[^\\s@<]+@[^\\s@]+[.][A-Za-z]{{2,}}"
SHAPE = "shape"  # meta key of the two expectations that all others rest on


def of(table: Table) -> list[Expectation]:
    """The expectations that follow from the specification of one table."""
    return [*_shape(table), *_key(table), *_people(table), *_numbers(table), *_lineage()]


def _shape(table: Table) -> list[Expectation]:
    types = ", ".join(f"('{column.name}', '{_TYPES[column.type]}')" for column in table.schema if column.type in _TYPES)
    return [
        gxe.ExpectTableColumnsToMatchOrderedList(
            column_list=[*table.schema.names, *LINEAGE],
            description="the columns are those of the specification, in its order",
            notes="a file written by another version would be read into the wrong columns",
            meta={SHAPE: True},
        ),
        NoRows(
            unexpected_rows_query=(
                "select column_name from (describe select * from {batch}) join "  # noqa: S608  # our own column names
                f"(values {types}) as declared(name, type) on column_name = name where column_type <> type"
            ),
            description="every column has its declared type",
            notes="staging only renames and casts; a type that drifted would be cast to NULL or fail there",
            meta={SHAPE: True, "column": "(types)"},
        ),
    ]


def _key(table: Table) -> list[Expectation]:
    return [
        gxe.ExpectCompoundColumnsToBeUnique(
            column_list=list(table.key),
            description="one row per key",
            notes="a record counted twice is a KPI counted twice; the lake drops repeated keys before this",
        )
        if len(table.key) > 1
        else gxe.ExpectColumnValuesToBeUnique(
            column=table.key[0],
            description="one row per key",
            notes="a record counted twice is a KPI counted twice; the lake drops repeated keys before this",
        ),
        *(
            gxe.ExpectColumnValuesToNotBeNull(
                column=column,
                description=f"every row has its {column}",
                notes="a key with a hole in it identifies nothing",
            )
            for column in table.key
        ),
    ]


def _people(table: Table) -> list[Expectation]:
    plain = [c.name for c in table.schema if c.type == pa.string() and c.name not in table.people]
    address = " or ".join(
        f"""(contains("{column}", '@') and """
        f"""regexp_matches(regexp_replace("{column}", '{_THREAD}', '', 'g'), '{_ADDRESS}'))"""
        for column in plain
    )
    return [
        *(
            NoRows(
                unexpected_rows_query=(
                    "select 1 from {batch} "  # noqa: S608  # our own column names
                    f"""where "{column}" is not null and not regexp_full_match("{column}", '[0-9a-f]{{{{32}}}}')"""
                ),
                description=f"every {column} is a keyed pseudonym",
                notes="32 hexadecimal digits are what privacy.py makes; anything else may name a person",
                meta={"column": column},
            )
            for column in table.people
        ),
        *(
            [
                NoRows(
                    unexpected_rows_query=f"select 1 from {{batch}} where {address}",  # noqa: S608  # our own column names
                    description="no other column holds an e-mail address",
                    notes="people are pseudonyms before anything is written; an address elsewhere slipped past that",
                    meta={"column": "(all texts)"},
                )
            ]
            if plain
            else []
        ),
    ]


def _numbers(table: Table) -> list[Expectation]:
    doubles = [column.name for column in table.schema if column.type == pa.float64()]
    infinite = " or ".join(f'not isfinite("{column}")' for column in doubles)
    return [
        NoRows(
            unexpected_rows_query=f"select 1 from {{batch}} where {infinite}",  # noqa: S608  # our own column names
            description="every number is finite",
            notes="one NaN makes every sum and mean over it NaN; bounds do not see it, since the statistics by which "
            "DuckDB skips parts of a Parquet file leave NaN out",
            meta={"column": ", ".join(doubles)},
        )
        for _ in doubles[:1]
    ]


def _lineage() -> list[Expectation]:
    return [
        NoRows(
            unexpected_rows_query=(
                "select 1 from {batch} where file_id is null or not regexp_full_match(file_id, '[0-9a-f]{{64}}') "
                "or loaded_at is null"
            ),
            description="every row says which file it came from, and when",
            notes="a sha256 has 64 hexadecimal digits; without them a file can neither be taken again nor forgotten",
            meta={"column": "file_id"},
        ),
    ]
