"""Differencing: a number restated with 1 to k-1 people more or fewer than in the last release keeps its released row.

Whoever keeps two releases could subtract one from the other and read off what those few people did. So before a
publish gets its id, its tables are compared with the live ones, number by number (purpose, unit, period, metric):

1. a number whose n moved by 1 to k-1 is held: value, interval, n and coverage stay as they were released;
2. where the held parts of a total moved by fewer than k in all, the total minus the other parts would tell: the part
   that moved least of the others is held too, or the total where no other part moved. Parts are the units of an
   organisation, the cells of a band of leaders, and the months of a quarter. A label is made of its row's numbers:
   where one of them is held, it is;
3. the wide tables, their labels, and the scorecard say what kpi_value says.

What is hidden, in the last release or now, shows no n and is not compared. P2 and P3 count purposes, not people. In
family C n counts deals: k of them stand for k owners. Estimates (kpi_impact) are no cells. A rolled back release is not
the last one any more: what was wrong in it is not kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from throughline.warehouse import ordered_query, quoted, write_parquet

if TYPE_CHECKING:
    import duckdb

CELL: Final = "purpose_id, unit_type, unit, period_start, period_grain"
KEY: Final = f"{CELL}, metric_id, metric_version"
PARTS: Final = ("", "_ci_low", "_ci_high", "_n", "_coverage", "_suppressed_reason")
OF_PURPOSES: Final = "('P2', 'P3')"
SENTENCE: Final = "Since the last release this number moved by fewer people than may be shown: it stands as released."

_NUMBERS: Final = f"""
create temp table numbers as
with compared as (
    select
        new.*,
        last.value as last_value, last.ci_low as last_ci_low, last.ci_high as last_ci_high, last.n as last_n,
        last.coverage as last_coverage, last.n is not null as was_shown,
        case when last.value is null then last.suppressed_reason else 'differencing' end as last_reason,
        case when new.metric_id not in {OF_PURPOSES} and last.n >= $k then abs(new.n - last.n) end as people
    from new.kpi_value as new
    left join last.kpi_value as last using ({KEY})
)
select
    *,
    coalesce(people between 1 and $k - 1, false) as is_own,
    case when unit_type = 'leader_band_org_unit' then 'leader_band' else 'organisation' end as total_type,
    case when unit_type = 'leader_band_org_unit' then split_part(unit, ' / ', 1) else '_org' end as total_unit,
    cast(date_trunc('quarter', period_start) as date) as quarter_start
from compared
"""  # noqa: S608  # our own words


def _shields(parts: str, total: str, group: str) -> str:
    """Keys of what is held beside the own ones. parts, total: conditions; group: what the parts of one total share."""
    return f"""
    select {KEY} from (
        select *,
            sum(case when is_own then people else 0 end) over parts as held_people,
            row_number() over (parts order by is_own or coalesce(people, 0) = 0, people, unit, period_start) as place
        from numbers where {parts} window parts as (partition by purpose_id, metric_id, metric_version, {group})
    )
    where held_people between 1 and $k - 1 and place = 1 and not is_own and people > 0
    union
    select {", ".join(f"total.{name}" for name in KEY.split(", "))}
    from numbers as total
    join (
        select purpose_id, metric_id, metric_version, {group} from numbers where {parts} group by all
        having sum(case when is_own then people else 0 end) between 1 and $k - 1
            and coalesce(max(case when not is_own then people end), 0) = 0
    ) as part using (purpose_id, metric_id, metric_version)
    where total.people > 0 and {total}
    """  # noqa: S608  # our own words


_HELD: Final = f"""
create temp table held as
select numbers.* from numbers join (
    select {KEY} from numbers where is_own
    union
    {
    _shields(
        parts="unit_type <> 'organisation'",
        group="period_start, period_grain, unit_type, total_type, total_unit",
        total="total.period_start = part.period_start and total.period_grain = part.period_grain "
        "and total.unit_type = part.total_type and total.unit = part.total_unit",
    )
}
    union
    {
    _shields(
        parts="period_grain = 'month'",
        group="unit_type, unit, quarter_start",
        total="total.period_grain = 'quarter' and total.period_start = part.quarter_start "
        "and total.unit_type = part.unit_type and total.unit = part.unit",
    )
}
) using ({KEY})
"""  # noqa: S608  # our own words

_HELD_LABELS: Final = f"""
insert into held
with metrics as (select metric_id, kpi_table, unit_of_measure = 'label' as is_label from new.dim_metric),
cells as (select distinct {CELL}, kpi_table from held join metrics using (metric_id))
select numbers.* from numbers
join metrics using (metric_id)
join cells using ({CELL}, kpi_table)
where metrics.is_label and numbers.people is not null
    and not exists (from held where ({KEY}) = ({", ".join(f"numbers.{name}" for name in KEY.split(", "))}))
"""  # noqa: S608  # our own words

_VALUES: Final = f"""
select new.* replace (
    case when held.n is null then new.value else held.last_value end as value,
    case when held.n is null then new.ci_low else held.last_ci_low end as ci_low,
    case when held.n is null then new.ci_high else held.last_ci_high end as ci_high,
    case when held.n is null then new.n else held.last_n end as n,
    case when held.n is null then new.suppressed_reason else held.last_reason end as suppressed_reason,
    case when cells.is_held and numbers.was_shown then numbers.last_coverage else new.coverage end as coverage
)
from new.kpi_value as new
join numbers using ({KEY})
left join held using ({KEY})
left join (select distinct {CELL}, true as is_held from held) as cells using ({CELL})
"""  # noqa: S608  # our own words

_SCORECARDS: Final = f"""
with
now as (
    select card.purpose_id, held.* exclude (purpose_id) from new.kpi_scorecard as card
    join held on held.purpose_id in (card.purpose_id, '_org') and held.metric_id = card.metric_id
        and held.period_start = card.current_period_start and held.period_grain = card.current_period_grain
        and held.unit_type = card.current_unit_type and held.n = card.current_n
        and held.value is not distinct from card.current_value
),
base as (select * from held where period_grain = 'baseline' and unit_type = 'population')
select card.* replace (
    case when now.n is null then card.current_value else now.last_value end as current_value,
    case when now.n is null then card.current_ci_low else now.last_ci_low end as current_ci_low,
    case when now.n is null then card.current_ci_high else now.last_ci_high end as current_ci_high,
    case when now.n is null then card.current_n else now.last_n end as current_n,
    case when now.n is null then card.current_suppressed_reason else now.last_reason end as current_suppressed_reason,
    case when now.n is null then card.coverage else now.last_coverage end as coverage,
    case when base.n is null then card.baseline_value else base.last_value end as baseline_value,
    case when base.n is null then card.baseline_n else base.last_n end as baseline_n,
    case when coalesce(now.n, base.n) is null or card.verdict is not null then card.sentence else '{SENTENCE}' end
        as sentence
)
from new.kpi_scorecard as card
left join now using (purpose_id)
left join base on base.purpose_id = card.purpose_id and base.metric_id = card.metric_id
"""  # noqa: S608  # our own words


def hold_back(new: Path, last: Path, k: int) -> list[str]:
    """Rewrite the tables (<table>.parquet) in the folder `new` that restate `last` too finely. Returns their names."""
    import duckdb

    if not all((folder / "kpi_value.parquet").exists() for folder in (new, last)):
        return []
    with duckdb.connect() as db:
        for schema, folder in (("new", new), ("last", last)):
            db.execute(f"create schema {schema}")
            for path in folder.glob("*.parquet"):
                db.execute(f'create view {schema}."{path.stem}" as from read_parquet({quoted(str(path))})')
        db.execute(_NUMBERS, {"k": k})
        db.execute(_HELD, {"k": k})
        db.execute(_HELD_LABELS)
        if db.execute("select 1 from held limit 1").fetchone() is None:
            return []
        rewritten = {"kpi_value": _VALUES, **_wide_tables(db)}
        if (new / "kpi_scorecard.parquet").exists():
            rewritten["kpi_scorecard"] = _SCORECARDS
        for table, query in rewritten.items():
            write_parquet(new / f".{table}", *ordered_query(db, query))
    for table in rewritten:
        (new / f".{table}").replace(new / f"{table}.parquet")
    return sorted(rewritten)


def _wide_tables(db: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Wide table -> the query that gives it with the released columns of every number that is held."""
    metrics = db.execute(
        "select kpi_table, slug, metric_id, unit_of_measure = 'label' from new.dim_metric "
        "where kpi_table <> 'kpi_value'"
    ).fetchall()
    return {
        table: _wide(db, table, {slug: (metric_id, is_label) for t, slug, metric_id, is_label in metrics if t == table})
        for table in sorted({table for table, *_ in metrics})
        if _columns(db, "new", table)
        and _columns(db, "last", table)
        and db.execute(f'select 1 from new."{table}" join held using ({CELL}) limit 1').fetchone()  # noqa: S608  # our own names
    }


def _wide(db: duckdb.DuckDBPyConnection, table: str, metrics: dict[str, tuple[str, bool]]) -> str:
    last = set(_columns(db, "last", table))
    kept = []
    for slug, (metric_id, is_label) in metrics.items():
        # a label is made of its row's numbers
        ids = [other for other, _ in metrics.values()] if is_label else [metric_id]
        is_held = f"coalesce(list_has_any(cells.ids, {ids}), false)"
        for column in {slug + part for part in PARTS} & last & set(_columns(db, "new", table)):
            was = f'last."{column}"'
            if column == f"{slug}_suppressed_reason" and not is_label:
                was = f"case when last.\"{slug}\" is null then {was} else 'differencing' end"
            kept.append(f'case when {is_held} then {was} else new."{column}" end as "{column}"')
    if "coverage" in last:
        kept.append(
            "case when cells.ids is null or last.unit is null then new.coverage else last.coverage end as coverage"
        )
    return f"""
    select new.* replace ({", ".join(kept)})
    from new."{table}" as new
    left join last."{table}" as last using ({CELL})
    left join (select {CELL}, list(metric_id) as ids from held group by all) as cells using ({CELL})
    """  # noqa: S608  # our own words


def _columns(db: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[str]:
    found = db.execute(
        "select column_name from information_schema.columns where table_schema = ? and table_name = ?", [schema, table]
    )
    return [name for (name,) in found.fetchall()]
