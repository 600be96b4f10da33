"""make bench: a Slack export and a CRM's CSV landed to raw Parquet, beside peers and the floor, in one run.

The first argument is the number of messages and of CSV rows (default 200,000; a message has about 1.6 KB), the second
the number of rounds (default 3; dlt, which takes minutes, has one). What each way does stands in tests/bench/slack.py.
Each is a process of its own, so that its memory is its own: the sum of its processes' peaks. The machine's noise is the
spread of min and max; a ratio is the median of those within a round.
"""

from __future__ import annotations

import platform
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from tests.bench import crm, slack

OURS = "landed"
WAYS: dict[str, Callable[[Path], None]] = {
    OURS: slack.landed,
    "landed, alone": slack.landed_alone,
    "DuckDB": slack.duckdb_same_columns,
    "DuckDB, text": slack.duckdb_text,
    "floor": slack.floor,
    "dlt": slack.dlt_duckdb,
}
CSV: dict[str, Callable[[Path], None]] = {
    "CSV": partial(crm.landed, name="Opportunity.csv"),
    "weekly ZIP": partial(crm.landed, name="WE_00D.ZIP"),
}
ONCE = ("dlt",)


def measure(way: str, folder: Path) -> tuple[float, float]:
    """(seconds of work, peak memory in MB) of one way in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "one", way, str(folder)], stdout=subprocess.PIPE, text=True, check=True
    )
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak)


def main(count: int, rounds: int) -> None:
    from throughline.workers import cores

    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        print(f"{platform.machine()}, {cores()} cores, Python {platform.python_version()}")
        size = _write_slack(folder, count)
        print(f"\nSlack export: {count:,} messages, {size:,.0f} MB of JSON")
        print(f"{'':15}{'min':>8}{'median':>8}{'max':>8}  seconds {'messages/s':>12}{'peak MB':>9}"
              f"{'/ floor':>9}{'/ landed':>10}")  # fmt: skip
        times, peaks = _rounds(WAYS, folder, rounds)
        for way, taken in times.items():
            ratios = [
                median(mine / base for mine, base in zip(taken, times[other], strict=False))
                for other in ("floor", OURS)
            ]
            rate = f"{count / median(taken):21,.0f}{peaks[way]:9.0f}"
            print(f"{way:15}{_spread(taken)}{rate}{ratios[0]:9.2f}{ratios[1]:10.2f}", flush=True)
        crm.write(folder, count)
        print(
            f"\nSalesforce opportunities: {count:,} rows, {(folder / 'Opportunity.csv').stat().st_size / 1e6:,.0f} MB"
        )
        print(f"{'':15}{'min':>8}{'median':>8}{'max':>8}  seconds {'M rows/min':>12}{'peak MB':>9}")
        times, peaks = _rounds(CSV, folder, rounds)
        for way, taken in times.items():
            print(f"{way:15}{_spread(taken)}{count / median(taken) * 60 / 1e6:21.1f}{peaks[way]:9.0f}")


def _write_slack(folder: Path, messages: int) -> float:
    """The export and its day files beside it; their size in MB."""
    from tests.fixtures.slack import generated

    (folder / "slack").mkdir()
    with zipfile.ZipFile(generated(folder / "slack" / "export.zip", messages)) as archive:
        archive.extractall(folder / "unzipped")
        return sum(member.file_size for member in archive.infolist()) / 1e6


def _rounds(
    ways: dict[str, Callable[[Path], None]], folder: Path, rounds: int
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Seconds of each round and the highest peak, by way; in turn, so that a slow moment hits all alike."""
    times: dict[str, list[float]] = {way: [] for way in ways}
    peaks = dict.fromkeys(ways, 0.0)
    for number in range(rounds):
        for way in ways:
            if number == 0 or way not in ONCE:
                seconds, peak = measure(way, folder)
                times[way].append(seconds)
                peaks[way] = max(peaks[way], peak)
    return times, peaks


def _spread(taken: list[float]) -> str:
    return f"{min(taken):8.2f}{median(taken):8.2f}{max(taken):8.2f}"


def one(way: str, folder: Path) -> None:
    began = time.perf_counter()
    {**WAYS, **CSV}[way](folder)
    seconds = time.perf_counter() - began
    ends = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(seconds, sum(ends) / 1024)  # of children the largest; no way has more than one


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
