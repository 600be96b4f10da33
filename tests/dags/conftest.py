"""DAG files as Airflow sees them: read once, in a home of its own with a freshly written dbt manifest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from throughline import transform
from throughline.settings import PROJECT, load

READ_DAGS = """
import json, logging, pathlib, sys, time
import airflow.sdk, airflow.serialization.serialized_objects  # what the dag-processor has loaded before any file
from airflow.dag_processing.dagbag import DagBag
before = set(sys.modules)
bag = DagBag(dag_folder="/dev/null", collect_dags=False, load_op_links=False)
seconds = {}
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.py"), key=lambda f: f.stem != sys.argv[2]):
    began = time.process_time()  # of this process: other work on the machine must not decide
    bag.process_file(str(file))
    seconds[file.stem] = time.process_time() - began
dags = {
    dag.dag_id: {
        "doc": dag.doc_md or "",
        "tags": sorted(dag.tags),
        "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup,
        "tasks": {
            task.task_id: {
                "owner": task.owner,
                "retries": task.retries,
                "doc": (task.partial_kwargs.get("doc_md") if task.is_mapped else task.doc_md) or "",
                "pool": task.pool,
                "operator": task.task_type,
                "upstream": sorted(task.upstream_task_ids),
                "outlets": [outlet.name for outlet in task.outlets],
            }
            for task in dag.tasks
        },
    }
    for dag in bag.dags.values()
}
json.dump(
    {
        "dags": dags,
        "errors": bag.import_errors,
        "seconds": seconds,
        "modules": sorted({name.split(".")[0] for name in set(sys.modules) - before}),
    },
    sys.stdout,
)
"""


def read_dags(home: Path, first: str = "") -> dict[str, Any]:
    """What Airflow reads in a process of its own: {dags, errors, seconds, modules}. first: the file read first."""
    return dict(_run(home, READ_DAGS, [first]))


def _run(home: Path, code: str, arguments: list[str]) -> Any:
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "PYTHONPATH": f"{PROJECT / 'plugins'}{os.pathsep}{PROJECT}",
        "THROUGHLINE_HOME": str(home),
    }
    done = subprocess.run(
        [sys.executable, "-c", code, str(PROJECT / "dags"), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])  # after what Airflow logs


@pytest.fixture(scope="session")
def dags_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a dbt manifest."""
    home = tmp_path_factory.mktemp("dags_home")
    transform.dbt(load({"THROUGHLINE_HOME": str(home)}), "parse")
    return home


@pytest.fixture(scope="session")
def read(dags_home: Path) -> dict[str, Any]:
    """All DAG files, read once."""
    return read_dags(dags_home)
