"""What of dbt's models a build may leave out: in doubt nothing."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from throughline import models
from throughline.models import Model, building
from throughline.settings import Settings
from throughline.source import Refused
from throughline.warehouse import connect

A, B = "model.p.a", "model.p.b"
TOLD = {"TARGET": "duckdb"}


def node(kind: str, folder: str, name: str, *parents: str, attached: str | None = None, **meta: Any) -> dict[str, Any]:
    return {
        "resource_type": kind, "fqn": ["p", folder, name], "name": name, "attached_node": attached, "schema": folder,
        "depends_on": {"nodes": list(parents)}, "config": {"meta": meta},
    }  # fmt: skip


MANIFEST = {
    "nodes": {
        A: node("model", "marts", "a", "source.p.tool.deals", "source.p.tool.notes"),
        B: node("model", "kpi", "b", A),
        "test.p.one": node("test", "kpi", "one", B, attached=B),
        "test.p.singular": node("test", "tests", "singular", B),
    },
    "sources": {
        f"source.p.tool.{name}": {"name": name, "identifier": f"tool__{name}"} for name in ("deals", "notes")
    },
}  # fmt: skip


@pytest.fixture
def use(settings: Settings, tmp_path: Path) -> Settings:
    """A home in which both groups were built from one file of deals, and all tests passed."""
    code = tmp_path / "project" / "dbt_project" / "models"
    code.mkdir(parents=True)
    (code / "a.sql").write_text("select 1")
    use = replace(settings, project=tmp_path / "project")
    models.manifest_path(use).parent.mkdir(parents=True)
    models.manifest_path(use).write_text(json.dumps(MANIFEST))
    land(use, tmp_path, "f1")
    run(use, "create table marts.a as select 1 as n", "create table kpi.b as select 1 as n")
    note(use, "a", 1, 1, {"tool__deals": loads(use), "tool__notes": []})
    note(use, "b", 1, 1, {"a": 1})
    note(use, "test.p.one", 1, 0, {"b": 1})
    note(use, "test.p.singular", 1, 0, {"b": 1})
    for group in models.GROUPS:
        with building(use, group, TOLD) as first:
            assert first.is_needed and not first.standing
    return use


def land(use: Settings, folder: Path, *file_ids: str) -> None:
    """raw.tool__deals of these files; tool__notes has none."""
    schema = pa.schema([("deal_id", pa.string()), ("file_id", pa.string())])
    for file_id in file_ids:
        if not (folder / file_id).exists():
            pq.write_table(
                pa.Table.from_pylist([{"deal_id": "d", "file_id": file_id}], schema=schema), folder / file_id
            )
    with connect(use).raw() as raw:
        raw.records("tool__deals", schema, {file_id: folder / file_id for file_id in file_ids}, {})
        raw.records("tool__notes", schema, {}, {})


def run(use: Settings, *statements: str) -> list[Any]:
    with duckdb.connect(str(use.home / "warehouse.duckdb")) as db:
        for statement in statements:
            db.execute(statement)
        return db.fetchall()


def loads(use: Settings) -> list[str]:
    return [f"{file_id}@{mark}" for file_id, mark in run(use, "select file_id, mark from raw.loads order by all")]


def note(use: Settings, name: str, turn: int, version: int, inputs: dict[str, Any]) -> None:
    """As macros/increments do."""
    run(use, f"insert into raw.model_states values ('{name}', {turn}, {version}, 'f', '{json.dumps(inputs)}')")  # ours


def parsed_again(use: Settings) -> None:
    """dbt has written its manifest after the code."""
    later = time.time() + 10
    os.utime(models.manifest_path(use), (later, later))


def standing(use: Settings, told: dict[str, str] = TOLD, *, full: bool = False) -> set[str]:
    """The models of both groups that a build would leave out; they stay as they are."""
    noted = use.home / "dbt" / "built.json"
    before, found = noted.read_text(), set[str]()
    for group in models.GROUPS:
        with building(use, group, told, full=full) as now:
            found |= {model.name for model in now.standing.values()}
            assert now.is_needed == (not now.standing), "each group has one model"
    noted.write_text(before)
    return found


def test_the_models_of_a_group_come_from_dbts_manifest(use: Settings) -> None:
    assert models.models(use, "kpi") == {B: Model(B, "b", ("test.p.one",), (A,))}
    models.manifest_path(use).unlink()
    with pytest.raises(Refused, match="there is no dbt manifest"):
        models.models(use, "kpi")


def test_what_was_built_from_the_same_by_the_same_code_stands(use: Settings, tmp_path: Path) -> None:
    assert standing(use) == {"a", "b"}
    land(use, tmp_path, "f1")
    assert standing(use) == {"a", "b"}, "the same file again"
    assert standing(use, full=True) == set()


def test_another_file_changes_all_that_reads_it(use: Settings, tmp_path: Path) -> None:
    land(use, tmp_path, "f1", "f2")
    assert standing(use) == set()
    note(use, "a", 2, 1, {"tool__deals": loads(use), "tool__notes": []})
    assert standing(use) == {"a", "b"}, "dbt has looked, and the rows of a are the same"
    note(use, "a", 3, 2, {"tool__deals": loads(use), "tool__notes": []})
    assert standing(use) == {"a"}


def test_a_test_that_has_not_passed_on_what_is_there_runs(use: Settings) -> None:
    note(use, "b", 2, 2, {"a": 1})
    note(use, "test.p.one", 2, 0, {"b": 2})
    assert standing(use) == {"a"}, "the singular test is of the version before"
    note(use, "test.p.singular", 2, 0, {"b": 2})
    assert standing(use) == {"a", "b"}
    run(use, "delete from raw.model_states where model = 'test.p.one'")
    assert standing(use) == {"a"}


def test_other_code_other_settings_or_a_lost_table_leave_nothing_out(use: Settings) -> None:
    assert standing(use, {"TARGET": "postgres"}) == set()
    run(use, "drop table kpi.b")
    assert standing(use) == {"a"}
    run(use, "drop table marts.a")
    assert standing(use) == set()
    run(use, "create table marts.a as select 1 as n", "create table kpi.b as select 1 as n")
    assert standing(use) == {"a", "b"}
    (use.dbt_project / "models" / "a.sql").write_text("select 2")
    parsed_again(use)
    assert standing(use) == set()


def test_a_copied_home_stands_as_well(use: Settings, tmp_path: Path) -> None:
    told = {"PATH": str(use.home / "warehouse.duckdb")}
    for group in models.GROUPS:
        with building(use, group, told):
            pass
    copied = tmp_path / "copied"
    shutil.copytree(use.home, copied)
    use = replace(use, home=copied, warehouse=f"duckdb:///{copied}/warehouse.duckdb")
    assert standing(use, {"PATH": str(copied / "warehouse.duckdb")}) == {"a", "b"}
    assert standing(use, {"PATH": str(copied / "another.duckdb")}) == set()


def test_a_manifest_that_is_older_than_the_code_is_not_believed(use: Settings) -> None:
    os.utime(models.manifest_path(use), (0, 0))
    assert standing(use) == set()


def test_code_that_failed_is_not_taken_for_the_code_before_it(use: Settings) -> None:
    code = use.dbt_project / "models" / "a.sql"
    code.write_text("select 2")
    with pytest.raises(RuntimeError), building(use, "models", TOLD):
        raise RuntimeError  # half of the group may have been built by the new code
    code.write_text("select 1")
    parsed_again(use)
    assert standing(use) == {"b"}
