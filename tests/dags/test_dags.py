"""The DAG files: exactly these, quick to read, and each with what an operator needs. A message says the remedy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.dags.conftest import read_dags
from throughline.settings import PROJECT
from throughline.sources import SOURCES

EXPECTED = {"intake", "transform", "maintain"}
HEAVY = {"altair", "boto3", "dbt", "duckdb", "great_expectations", "pandas", "pyspark", "scipy", "statsmodels"}
OUR_TASKS = {
    "intake": {"discover", "take", "announce", "notice_failures"},
    "transform": {"prepare", "models.dbt", "evidence", "kpi.dbt", "audit", "publish"},
    "maintain": {"choose", "freshness", "calibrate", "reprocess", "roll_back"},
}


def test_exactly_these_dags_are_read_without_an_error(read: dict[str, Any]) -> None:
    assert read["errors"] == {}
    assert set(read["dags"]) == EXPECTED


@pytest.mark.parametrize("dag_id", sorted(EXPECTED))
def test_each_dag_tells_an_operator_what_to_do(read: dict[str, Any], dag_id: str) -> None:
    dag = read["dags"][dag_id]
    assert dag["doc"].strip().startswith("###"), f"{dag_id}: give the file a docstring with a title; doc_md=__doc__"
    assert "**When something is wrong, look here first.**" in dag["doc"], (
        f"{dag_id}: say in its docstring where to look"
    )
    assert "throughline" in dag["tags"], f"{dag_id}: add the tag throughline, so that the UI can filter"
    assert len(dag["tags"]) > 1, f"{dag_id}: add a tag that says what it is about"
    assert dag["max_active_runs"] == 1, f"{dag_id}: set max_active_runs=1; two runs would share files and the warehouse"
    assert dag["catchup"] is False, f"{dag_id}: set catchup=False; the ledger knows what is new, not the calendar"


@pytest.mark.parametrize("dag_id", sorted(EXPECTED))
def test_each_task_has_an_owner_and_retries(read: dict[str, Any], dag_id: str) -> None:
    for task_id, task in read["dags"][dag_id]["tasks"].items():
        assert task["owner"] == "data-engineering", f"{dag_id}.{task_id}: use throughline.assets.DEFAULTS"
        if task_id != "notice_failures" and task["operator"] != "DbtNode":  # they have nothing to try again
            assert task["retries"] >= 1, f"{dag_id}.{task_id}: give it retries; a machine has bad moments"


@pytest.mark.parametrize("dag_id", sorted(EXPECTED))
def test_our_own_tasks_are_these_and_documented(read: dict[str, Any], dag_id: str) -> None:
    ours = {name: task for name, task in read["dags"][dag_id]["tasks"].items() if task["operator"] != "DbtNode"}
    assert set(ours) == OUR_TASKS[dag_id]
    for name, task in ours.items():
        assert task["doc"], f"{dag_id}.{name}: give the function a docstring; the UI shows it beside the task"


def test_assets_are_told_by_these_tasks(read: dict[str, Any]) -> None:
    told = {
        f"{dag_id}.{task_id}": task["outlets"]
        for dag_id, dag in read["dags"].items()
        for task_id, task in dag["tasks"].items()
        if task["outlets"]
    }
    raw = sorted(f"raw/{name}" for name in SOURCES)
    assert {name: sorted(outlets) for name, outlets in told.items()} == {
        "intake.announce": raw,
        "maintain.reprocess": raw,
        "maintain.roll_back": ["kpi"],
        "transform.publish": ["kpi"],
    }


def test_every_model_and_every_tested_model_is_a_node(read: dict[str, Any], dags_home: Path) -> None:
    manifest = json.loads((dags_home / "dbt" / "target" / "manifest.json").read_text())
    models = {node["name"]: key for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    attached = {
        manifest["nodes"][node["attached_node"]]["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node.get("attached_node")
    }
    tasks = read["dags"]["transform"]["tasks"]
    assert models, "the manifest is empty"
    assert {name.split(".")[1] for name in tasks if name.endswith(".run")} == set(models)
    assert {name.split(".")[1] for name in tasks if name.endswith(".test")} == attached
    assert all(task["operator"] == "DbtNode" for name, task in tasks.items() if name.endswith((".run", ".test")))


def test_a_node_follows_the_tests_of_the_models_that_it_reads(read: dict[str, Any]) -> None:
    tasks = read["dags"]["transform"]["tasks"]
    assert tasks["models.agg_adoption.test"]["upstream"] == ["models.agg_adoption.run"]
    assert "models.fct_person_window.test" in tasks["models.agg_unit_people.run"]["upstream"]
    assert tasks["models.stg_throughline__files.run"]["upstream"] == ["models.dbt"], "cleared with it"


def test_what_opens_the_warehouse_waits_for_dbt_and_not_for_its_nodes(read: dict[str, Any]) -> None:
    tasks = read["dags"]["transform"]["tasks"]
    order = ["prepare", "models.dbt", "evidence", "kpi.dbt", "audit", "publish"]
    assert [tasks[name]["upstream"] for name in order] == [[], *([name] for name in order[:-1])]


def test_only_one_task_at_a_time_opens_the_warehouse(read: dict[str, Any]) -> None:
    from throughline import assets, local_airflow

    assert assets.WRITER_POOL == local_airflow.WRITER_POOL
    tasks = read["dags"]["transform"]["tasks"]
    writers = {name for name, task in tasks.items() if task["pool"] == assets.WRITER_POOL}
    assert writers == {"prepare", "models.dbt", "evidence", "kpi.dbt", "audit", "publish"}


@pytest.mark.parametrize("dag_id", sorted(EXPECTED))
def test_a_dag_file_is_read_in_under_two_seconds(dags_home: Path, dag_id: str) -> None:
    seconds = read_dags(dags_home, first=dag_id)["seconds"][dag_id]
    assert seconds < 2, f"dags/{dag_id}.py took {seconds:.1f} s of processor: import heavy libraries inside the tasks"


def test_reading_the_dag_files_imports_nothing_heavy(read: dict[str, Any]) -> None:
    assert "throughline" in read["modules"], "the probe does not see imports"
    heavy = HEAVY & set(read["modules"])
    assert not heavy, f"{', '.join(sorted(heavy))}: import inside the task that uses it"


def test_without_a_manifest_the_dag_says_how_to_make_it(tmp_path: Path) -> None:
    answer = read_dags(tmp_path)
    assert set(answer["dags"]) == EXPECTED - {"transform"}
    [error] = answer["errors"].values()
    last_line = error.strip().splitlines()[-1]
    assert "there is no dbt manifest" in last_line
    assert "make up" in last_line


def test_no_dag_file_is_taken_for_a_dbt_plugin() -> None:
    assert not list((PROJECT / "dags").glob("dbt_*")), "dbt imports files of that name as plugins: choose another"


def test_airflow_imports_only_the_plugin_file(tmp_path: Path) -> None:
    """Without .airflowignore Airflow imports every file below plugins/ by its bare stem, over standard modules."""
    script = (
        "import sys; from airflow import plugins_manager as p; p.ensure_plugins_loaded() if "
        "hasattr(p, 'ensure_plugins_loaded') else p._get_plugins(); "
        "print(sorted(n for n, m in sys.modules.items() if '/plugins/' in (getattr(m, '__file__', None) or '')))"
    )
    home = str(tmp_path)
    environment = {
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "HOME": home,
        "PATH": "/usr/bin:/bin",
        "THROUGHLINE_HOME": home,
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=300, check=True
    )
    loaded = done.stdout.strip().splitlines()[-1]
    assert "throughline_plugin" in loaded
    for stem in ("settings", "landing", "source", "triggers", "__init__"):
        assert f"'{stem}'" not in loaded, f"plugins/.airflowignore does not keep Airflow from importing {stem}.py"
