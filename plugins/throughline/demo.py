"""`make demo`: the sample organisation's exports through Airflow to published KPIs, by events alone. `make up`: Airflow
on your own landing zone. `manifest`: only write the dbt manifest that the DAG `transform` is drawn from.

The demo works in a home of its own (var/demo, made anew each time), drops the exports into the landing zone as a
user would, and from there on only watches. However it ends, it ends Airflow and all its children.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any, Final

from rich.console import Console
from rich.status import Status

from throughline import settings, transform
from throughline.landing import S3Url
from throughline.ledger import Ledger
from throughline.local_airflow import USER, LocalAirflow
from throughline.settings import PROJECT, Settings
from throughline.source import Refused
from throughline.summary import show_summary

DAGS: Final = ("intake", "transform", "maintain")
FINAL_STATES: Final = ("published", "quarantined", "duplicate", "superseded")
ACTIVE: Final = ("queued", "running")
DONE_WITHIN_SECONDS: Final = 900.0
LOOK_SECONDS: Final = 3.0  # Airflow needs the processors more than the onlooker does
UI_PORT: Final = 8080
out = Console(highlight=False, width=None if sys.stdout.isatty() else 120)


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 done, 1 failed with one clear line, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="python -m throughline.demo", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("demo", "up", "manifest"), default="demo")
    parser.add_argument("--keep", action="store_true", help="leave the UI up after the demo, until Ctrl-C")
    parser.add_argument("--home", type=Path, default=PROJECT / "var" / "demo", help="the demo's folder, made anew")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        if options.what == "manifest":
            transform.dbt(settings.load(), "parse")
        else:
            up() if options.what == "up" else demo(options.home.absolute(), keep=options.keep)
    except Refused as refused:
        out.print(f"[red]failed:[/red] {refused.sentence}")
        return 1
    except KeyboardInterrupt:
        out.print("interrupted; Airflow and all its children are ended")
        return 130
    return 0


def demo(home: Path, *, keep: bool) -> None:
    """Exports in, KPIs out. Raises Refused."""
    from throughline.sample import register, write

    began = time.monotonic()
    with _only_one(home), out.status("") as status:
        _empty(home)
        use = settings.load({"THROUGHLINE_HOME": str(home)})
        landing = home / "landing"
        airflow = LocalAirflow(use, home / "airflow", parse_seconds=600)  # the DAG files do not change meanwhile
        with _running(airflow, use, status, UI_PORT if keep else 0), ThreadPoolExecutor(1) as writer:
            exports = writer.submit(write, home / "exports")
            _wait_until_ready(airflow, status)
            files = exports.result()
            while any(run["state"] in ACTIVE for run in _runs(airflow)):
                time.sleep(0.5)  # the sweep that Airflow starts with would take the files before the event does
            _step(began, f"Airflow is up at {airflow.url}, the sample organisation wrote {len(files)} exports")
            register(use, home / "exports")
            for file in sorted(files, key=lambda file: file.parent.name != "purposes"):  # no run may miss them
                _drop(file, landing / file.relative_to(home / "exports"))
            _step(began, f"dropped {len(files)} exports into {_short(landing)}; from here on events drive")
            _watch(airflow, use, len(files), status, began)
            status.stop()
            show_summary(out, use)
            _step(began, "done")
            out.print(f"Airflow  {airflow.url}  (user {USER}, password {airflow.password})" if keep else "")
            if keep:
                _stay(airflow)
    out.print("Airflow and all its children are ended. Look at it live with: make demo KEEP=1")


def up() -> None:
    """Airflow on the user's own landing zone, until Ctrl-C. Raises Refused."""
    use = settings.load()
    with _only_one(use.home / "airflow"), out.status("") as status:
        airflow = LocalAirflow(use, use.home / "airflow")
        with _running(airflow, use, status, UI_PORT):
            _wait_until_ready(airflow, status)
            status.stop()
            out.print(f"Airflow  {airflow.url}  (user {USER}, password {airflow.password})")
            out.print(f"drop exports into  {_short(use.landing)}/<source>/")
            out.print(f"published tables   {_short(use.published)}")
            _stay(airflow)


@contextlib.contextmanager
def _running(airflow: LocalAirflow, use: Settings, status: Status, port: int) -> Iterator[None]:
    """Airflow started, with its metadata database and the dbt manifest that the DAG `transform` is drawn from."""
    airflow.configure(port)
    try:
        status.update("setting up Airflow's metadata database and the dbt manifest")
        with ThreadPoolExecutor(2) as pool:
            for job in [pool.submit(airflow.migrate), pool.submit(transform.dbt, use, "parse")]:
                job.result()
        status.update("starting Airflow")
        airflow.start()
        yield
    finally:
        status.update("ending Airflow")
        airflow.stop()


def _wait_until_ready(airflow: LocalAirflow, status: Status) -> None:
    airflow.wait_until_healthy(len(DAGS), lambda missing: status.update(f"starting Airflow: {missing}"))
    airflow.make_pool()


def _watch(airflow: LocalAirflow, use: Settings, dropped: int, status: Status, began: float) -> None:
    """Follow until every dropped file has its final state and no run is left. Raises Refused on a failed run."""
    deadline = time.monotonic() + DONE_WITHIN_SECONDS
    ledger = Ledger(use.ledger)
    told: set[str] = set()
    while time.monotonic() < deadline:
        airflow.check_alive()
        entries = ledger.entries()
        runs = _runs(airflow)
        for run in reversed(runs):
            _tell_once(told, began, run)
            if run["state"] == "failed":
                raise Refused(_failed(airflow, run), where=f"run of {run['dag_id']}", remedy=f"see {airflow.logs}")
        active = [run for run in runs if run["state"] in ACTIVE]
        if runs and len(entries) >= dropped and all(entry.state in FINAL_STATES for entry in entries) and not active:
            return
        if out.is_terminal:
            status.update(" · ".join(_progress(airflow, run) for run in active) or "waiting for the folder watcher")
        time.sleep(LOOK_SECONDS)
    raise Refused(f"not done within {DONE_WITHIN_SECONDS:.0f} seconds", where=str(airflow.logs))


def _runs(airflow: LocalAirflow) -> list[dict[str, Any]]:
    """The latest runs of all DAGs, newest first; none when Airflow is too busy to answer."""
    with contextlib.suppress(OSError):
        return list(airflow.api("GET", "/api/v2/dags/~/dagRuns?limit=50&order_by=-run_after").get("dag_runs", []))
    return []


def _tasks(airflow: LocalAirflow, run: dict[str, Any]) -> list[dict[str, Any]]:
    path = f"/api/v2/dags/{run['dag_id']}/dagRuns/{run['dag_run_id']}/taskInstances?limit=100"
    tasks: list[dict[str, Any]] = []
    with contextlib.suppress(OSError):
        while True:
            page = airflow.api("GET", f"{path}&offset={len(tasks)}")
            tasks += page["task_instances"]
            if not page["task_instances"] or len(tasks) >= page["total_entries"]:
                break
    return tasks


def _progress(airflow: LocalAirflow, run: dict[str, Any]) -> str:
    tasks = _tasks(airflow, run)
    done = sum(task["state"] in ("success", "skipped") for task in tasks)
    running = sorted({task["task_id"].split(".")[-1] for task in tasks if task["state"] == "running"})
    return f"{run['dag_id']}: {done} of {len(tasks)} tasks ({', '.join(running[:3]) or 'scheduling'})"


def _failed(airflow: LocalAirflow, run: dict[str, Any]) -> str:
    red = [task["task_id"] for task in _tasks(airflow, run) if task["state"] == "failed"]
    return f"failed: {', '.join(red[:5]) or 'a task'}"


def _tell_once(told: set[str], began: float, run: dict[str, Any]) -> None:
    key = f"{run['dag_run_id']} {run['state']}"
    if run["state"] in ("running", "success") and key not in told:
        told.add(key)
        by = {"asset_triggered": "an event", "scheduled": "the sweep", "manual": "hand"}.get(run["run_type"], "a run")
        verb = "started by " + by if run["state"] == "running" else "succeeded"
        _step(began, f"{run['dag_id']} {verb}")


def _stay(airflow: LocalAirflow) -> None:
    """Until Ctrl-C. Raises Refused when a component ends by itself."""
    out.print("Ctrl-C ends Airflow and all its children.")
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            airflow.check_alive()
            time.sleep(1)


def _drop(export: Path, target: Path) -> None:
    """As a careful user does: under an unfinished name first, so that nobody reads half a file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.part")
    shutil.copyfile(export, draft)
    draft.replace(target)


def _empty(home: Path) -> None:
    """A home made by an earlier demo is removed; any other folder is left alone."""
    marker = home / ".throughline-demo"
    if home.exists() and any(home.iterdir()) and not marker.exists():
        raise Refused("is not empty and was not made by the demo", where=str(home), remedy="give another --home")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    marker.touch()


@contextlib.contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """Hold a lock beside the folder. Raises Refused when another process works in it."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with (home.parent / f".{home.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refused("is in use", where=str(home), remedy="end the other one with Ctrl-C in its window") from None
        yield


def _short(place: Path | S3Url) -> str:
    if isinstance(place, Path) and place.is_relative_to(Path.cwd()):
        return str(place.relative_to(Path.cwd()))
    return str(place)


def _step(began: float, text: str) -> None:
    out.print(f"[dim]{time.monotonic() - began:5.0f} s[/dim]  {text}", soft_wrap=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
