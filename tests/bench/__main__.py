"""make bench: one Slack export landed to raw Parquet, beside a peer and the floor, in one run.

    landed     throughline: open, parse, pseudonymise, Parquet, repeated rows
    DuckDB     read_json over the same day files, already unzipped, the same message columns into Parquet
    dlt        the same messages into DuckDB, from the archive, nested parts kept as JSON
    floor      inflating the archive and parsing its JSON into generic objects, nothing kept

Each is a process of its own, so that memory is its own; the machine's noise is the spread of min and max.
Messages: the first argument (default 200,000, about 1.6 KB each); rounds: the second (default 3).
"""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any


def landed(folder: Path) -> None:
    from throughline import lake
    from throughline.landing import LandingFile
    from throughline.privacy import Pseudonymiser
    from throughline.sources import SOURCES

    path = folder / "slack" / "export.zip"
    at = datetime(2026, 1, 1, tzinfo=UTC)
    file = LandingFile("slack", "slack/export.zip", path, "0" * 64, path.stat().st_size, at)
    lake.land(folder / "lake", SOURCES["slack"], file, Pseudonymiser(b"k" * 32))


def duckdb_read_json(folder: Path) -> None:
    import duckdb

    with duckdb.connect(config={"threads": "1"}) as db:
        db.execute(
            'copy (select filename, ts, "user", text, subtype, thread_ts, bot_id, reactions, edited, files '
            f"from read_json('{folder}/unzipped/*/*.json', filename = true, format = 'array', columns = {{"
            "'ts': 'varchar', 'user': 'varchar', 'text': 'varchar', 'subtype': 'varchar', 'thread_ts': 'varchar', "
            "'bot_id': 'varchar', 'reactions': 'json', 'edited': 'json', 'files': 'json'})) "
            f"to '{folder}/duckdb.parquet' (format parquet)"
        )


def dlt_duckdb(folder: Path) -> None:
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    import dlt
    import msgspec

    def messages() -> Iterator[list[dict[str, Any]]]:
        with zipfile.ZipFile(folder / "slack" / "export.zip") as archive:
            for member in archive.infolist():
                if "/" in member.filename and member.filename.endswith(".json"):
                    yield msgspec.json.decode(archive.read(member))

    target = dlt.destinations.duckdb(str(folder / "dlt.duckdb"))
    pipeline = dlt.pipeline("bench", pipelines_dir=str(folder / "dlt"), destination=target, dataset_name="raw")
    pipeline.run(dlt.resource(messages, name="messages", max_table_nesting=0))


def floor(folder: Path) -> None:
    import msgspec

    decoder = msgspec.json.Decoder()
    with zipfile.ZipFile(folder / "slack" / "export.zip") as archive:
        for member in archive.infolist():
            decoder.decode(archive.read(member))


WAYS: dict[str, Callable[[Path], None]] = {
    "landed": landed,
    "DuckDB": duckdb_read_json,
    "dlt": dlt_duckdb,
    "floor": floor,
}


def measure(way: str, folder: Path) -> tuple[float, float]:
    """(seconds of work, peak memory in MB) of one way in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "one", way, str(folder)], stdout=subprocess.PIPE, text=True, check=True
    )
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak)


def main(messages: int, rounds: int) -> None:
    from tests.fixtures.slack import generated

    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        (folder / "slack").mkdir()
        path = generated(folder / "slack" / "export.zip", messages)
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder / "unzipped")
        size = sum(p.stat().st_size for p in (folder / "unzipped").rglob("*.json")) / 1e6
        where = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
        print(f"{where}, {messages:,} messages, {size:,.0f} MB of JSON")
        times: dict[str, list[float]] = {way: [] for way in WAYS}
        peaks: dict[str, float] = {}
        for _ in range(rounds):  # in turn, so that a slow moment of the machine hits all alike
            for way in WAYS:
                seconds, peaks[way] = measure(way, folder)
                times[way].append(seconds)
        print(
            f"{'':10}{'min':>8}{'median':>8}{'max':>8}  seconds {'messages/s':>12} {'peak MB':>8} {'time / floor':>13}"
        )
        for way, taken in times.items():
            middle = median(taken)
            ratio = median(mine / base for mine, base in zip(taken, times["floor"], strict=True))
            spread = f"{min(taken):8.2f}{middle:8.2f}{max(taken):8.2f}"
            print(f"{way:10}{spread}{'':9}{messages / middle:13,.0f} {peaks[way]:8.0f} {ratio:13.2f}")


def one(way: str, folder: Path) -> None:
    began = time.perf_counter()
    WAYS[way](folder)
    seconds = time.perf_counter() - began
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    if sys.argv[1:2] == ["engines"]:
        from tests.bench import engines

        chosen = engines.ENGINES if sys.argv[2] == "all" else sys.argv[2].split(",")
        engines.main(list(chosen), int(sys.argv[3]))
    elif sys.argv[1:2] == ["evidence"]:
        from tests.bench import evidence

        evidence.main()
    elif sys.argv[1:2] == ["one"]:
        one(sys.argv[2], Path(sys.argv[3]))
    else:
        main(*(int(value) for value in [*sys.argv[1:], *("200000", "3")[len(sys.argv) - 1 :]]))
