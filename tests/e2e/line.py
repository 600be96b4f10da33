"""A real Airflow at work on a home of its own, as the end-to-end tests see it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from throughline import transform
from throughline.demo import ACTIVE, DAGS, FINAL_STATES
from throughline.ledger import Ledger
from throughline.local_airflow import LocalAirflow
from throughline.settings import Settings

SAMPLE = {"people": 80, "weeks": 30, "seed": 7}
WITHIN_SECONDS = 1500.0


@dataclass
class Line:
    """A running Airflow and the home it works on."""

    airflow: LocalAirflow
    use: Settings
    seen: dict[str, Any] = field(default_factory=dict)

    def all_runs(self) -> list[dict[str, Any]]:
        """Newest first; none when Airflow is too busy to answer."""
        try:
            return list(self.airflow.api("GET", "/api/v2/dags/~/dagRuns?limit=100&order_by=-run_after")["dag_runs"])
        except OSError:
            return []

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        return [run for run in self.all_runs() if run["dag_id"] == dag_id]

    def newest(self, dag_id: str) -> dict[str, Any]:
        return max(self.runs(dag_id), key=lambda run: run["run_after"])

    def is_running(self, dag_id: str, task_id: str) -> bool:
        return any(r["state"] in ACTIVE and self.tasks(r).get(task_id) == "running" for r in self.runs(dag_id))

    def holder(self) -> psutil.Process | None:
        """The process that has the warehouse open."""
        warehouse = self.use.warehouse.removeprefix("duckdb:///")
        for process in psutil.process_iter():
            try:
                if any(file.path == warehouse for file in process.open_files()):
                    return process
            except psutil.Error:
                continue
        return None

    def is_quiet(self) -> bool:
        runs = self.all_runs()
        return bool(runs) and not any(run["state"] in ACTIVE for run in runs)

    def publish_id(self) -> str:
        return next((p.publish_id for p in Ledger(self.use.ledger).publishes() if p.is_live), "")

    def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WITHIN_SECONDS
        while not condition():
            assert time.monotonic() < deadline, (
                f"not within {WITHIN_SECONDS:.0f} s: {what}; logs in {self.airflow.logs}"
            )
            self.airflow.check_alive()
            time.sleep(3)

    def until_published(self, files: int) -> None:
        def done() -> bool:
            entries = Ledger(self.use.ledger).entries()
            failed = [run["dag_id"] for run in self.all_runs() if run["state"] == "failed"]
            assert not failed, f"failed runs: {failed}; logs in {self.airflow.logs}"
            return len(entries) >= files and all(e.state in FINAL_STATES for e in entries) and self.is_quiet()

        self.until(done, f"{files} files published")

    def tasks(self, run: dict[str, Any]) -> dict[str, str]:
        """task id -> state, without mapped ones."""
        path = f"/api/v2/dags/{run['dag_id']}/dagRuns/{run['dag_run_id']}/taskInstances?limit=100"
        found: list[dict[str, Any]] = []
        while True:
            page = self.airflow.api("GET", f"{path}&offset={len(found)}")
            found += page["task_instances"]
            if not page["task_instances"] or len(found) >= page["total_entries"]:
                return {task["task_id"]: task["state"] for task in found}

    def clear(self, run: dict[str, Any], task_id: str) -> None:
        """As the UI's Clear does: this task and everything downstream."""
        request = {
            "dry_run": False, "dag_run_id": run["dag_run_id"], "task_ids": [task_id],
            "include_downstream": True, "only_failed": False, "reset_dag_runs": True,
        }  # fmt: skip
        self.airflow.api("POST", f"/api/v2/dags/{run['dag_id']}/clearTaskInstances", request)


@contextmanager
def running(use: Settings, airflow_home: Path) -> Iterator[Line]:
    """Four processes that have done their first sweep; ended at the end."""
    airflow = LocalAirflow(use, airflow_home, parse_seconds=600)
    airflow.configure()
    try:
        airflow.migrate()
        transform.dbt(use, "parse")
        airflow.start()
        airflow.wait_until_healthy(len(DAGS))
        airflow.make_pool()
        line = Line(airflow, use)
        line.until(lambda: not any(run["state"] in ACTIVE for run in line.all_runs()), "the first sweep")
        yield line
    finally:
        airflow.stop()
