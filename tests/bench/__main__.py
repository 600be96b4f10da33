"""make bench: a Slack export and a CRM's CSV landed to raw Parquet, beside peers and the floor, in one run.

The first argument is the number of messages and of CSV rows (default 200,000; a message has about 1.6 KB), the second
the number of rounds (default 3; dlt, which takes minutes, has one). What each way does stands in tests/bench/slack.py.
Each is a process of its own, so that its memory is its own: the sum of its processes' peaks; imports count. The
machine's noise is the spread of min and max; a ratio is the median of those within a round, on the clock and then of
CPU seconds, which say more where others use the machine. At last the rows that DuckDB wrote are compared with ours.
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
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.bench import crm, slack

OURS = "landed"
WAYS: dict[str, Callable[[Path], None]] = {
    OURS: slack.landed,
    "landed, alone": slack.landed_alone,
    "DuckDB": slack.duckdb_same_rows,
    "DuckDB, unordered": slack.duckdb_any_order,
    "DuckDB, text": slack.duckdb_text,
    "floor": slack.floor,
    "dlt": slack.dlt_duckdb,
}
CSV: dict[str, Callable[[Path], None]] = {
    "CSV": partial(crm.landed, name="Opportunity.csv"),
    "weekly ZIP": partial(crm.landed, name="WE_00D.ZIP"),
}
ONCE = ("dlt",)
HEADER = f"{'seconds':18}{'min':>8}{'median':>8}{'max':>8}{'CPU':>8}  "


class Measured(NamedTuple):
    """One run: seconds on the clock, seconds of all its processes' time, their peak memory in MB."""

    seconds: float
    cpu: float
    peak: float


def measure(way: str, folder: Path) -> Measured:
    """One way in a process of its own."""
    return Measured(*map(float, _printed_by("one", way, str(folder)).split()))


def _printed_by(*arguments: str) -> str:
    """By a process of its own; its peak of memory would otherwise be inherited by those started later."""
    command = [sys.executable, "-m", "tests.bench", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def main(count: int, rounds: int) -> None:
    from throughline.workers import cores

    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        print(
            f"{platform.machine()}, {cores()} cores, Python {platform.python_version()}; load {os.getloadavg()[0]:.1f}"
        )
        size = _write_slack(folder, count)
        print(f"\nSlack export: {count:,} messages, {size:,.0f} MB of JSON")
        print(
            f"{HEADER}{'messages/s':>12}{'peak MB':>9}{'/ floor':>9}{'/ landed':>9}{'CPU / floor':>13}{'/ landed':>9}"
        )
        runs = _rounds(WAYS, folder, rounds)
        for way, taken in runs.items():
            ratios = (_ratio(taken, runs[other], of) for of in ("seconds", "cpu") for other in ("floor", OURS))
            line = "".join(f"{ratio:{width}.2f}" for ratio, width in zip(ratios, (9, 9, 13, 9), strict=True))
            print(f"{way:18}{_line(taken)}{_rate(count, taken):12,.0f}{_peak(taken):9.0f}{line}")
        print(f"rows that only throughline or only DuckDB has: {_printed_by('compare', str(folder))}", end="")
        crm.write(folder, count)
        size = (folder / "Opportunity.csv").stat().st_size / 1e6
        print(f"\nSalesforce opportunities: {count:,} rows, {size:,.0f} MB of CSV")
        print(f"{HEADER}{'M rows/min':>12}{'peak MB':>9}")
        for way, taken in _rounds(CSV, folder, rounds).items():
            print(f"{way:18}{_line(taken)}{_rate(count, taken) * 60 / 1e6:12.1f}{_peak(taken):9.0f}")


def _write_slack(folder: Path, messages: int) -> float:
    """The export and its day files beside it; their size in MB."""
    from tests.fixtures.slack import generated

    (folder / "slack").mkdir()
    with zipfile.ZipFile(generated(folder / "slack" / "export.zip", messages)) as archive:
        archive.extractall(folder / "unzipped")
        return sum(member.file_size for member in archive.infolist()) / 1e6


def _rounds(ways: Iterable[str], folder: Path, rounds: int) -> dict[str, list[Measured]]:
    """Each way's runs; in turn, so that a slow moment of the machine hits all alike."""
    runs: dict[str, list[Measured]] = {way: [] for way in ways}
    for number in range(rounds):
        for way in ways:
            if number == 0 or way not in ONCE:
                runs[way].append(measure(way, folder))
    return runs


def _line(runs: list[Measured]) -> str:
    seconds = [run.seconds for run in runs]
    middle = median(run.cpu for run in runs)
    return f"{min(seconds):8.2f}{median(seconds):8.2f}{max(seconds):8.2f}{middle:8.2f}  "


def _rate(count: int, runs: list[Measured]) -> float:
    return count / median(run.seconds for run in runs)


def _peak(runs: list[Measured]) -> float:
    return max(run.peak for run in runs)


def _ratio(runs: list[Measured], others: list[Measured], of: str) -> float:
    """Of seconds or cpu: the median of those within a round."""
    return median(getattr(run, of) / getattr(other, of) for run, other in zip(runs, others, strict=False))


def one(way: str, folder: Path) -> None:
    began = time.perf_counter()
    {**WAYS, **CSV}[way](folder)
    seconds = time.perf_counter() - began
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    # of children the largest; no way has more than one
    print(seconds, sum(one.ru_utime + one.ru_stime for one in used), sum(one.ru_maxrss for one in used) / 1024)


if __name__ == "__main__":
    if sys.argv[1:2] == ["engines"]:
        from tests.bench import engines

        chosen = engines.ENGINES if sys.argv[2] == "all" else sys.argv[2].split(",")
        engines.main(list(chosen), int(sys.argv[3]))
    elif sys.argv[1:2] == ["evidence"]:
        from tests.bench import evidence

        evidence.main()
    elif sys.argv[1:2] == ["compare"]:
        print(slack.different_rows(Path(sys.argv[2])))
    elif sys.argv[1:2] == ["one"]:
        one(sys.argv[2], Path(sys.argv[3]))
    else:
        main(*(int(value) for value in [*sys.argv[1:], *("200000", "3")[len(sys.argv) - 1 :]]))
