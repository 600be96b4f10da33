"""MetricFlow computes the same numbers from the semantic models as kpi_value publishes, and adds parts up rightly."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from throughline.settings import Settings

ROUNDING = 1e-9  # the win rate is published with nine decimals
Numbers = dict[tuple[str, str, str], float]  # (metric_id, cell, day) -> value
CELL = "purpose_id || '/' || unit_type || '/' || unit || '/' || period_grain"


@pytest.fixture(scope="module")
def project(sample_home: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dbt project with the sample's manifest in its target folder, where mf looks, and a copy of its tables."""
    folder = tmp_path_factory.mktemp("semantic")
    for part in (
        *sample_home.dbt_project.glob("*.yml"),
        *(sample_home.dbt_project / p for p in ("models", "macros", "tests")),
    ):
        (folder / part.name).symlink_to(part)
    (folder / "target").mkdir()
    shutil.copy(sample_home.home / "dbt" / "target" / "semantic_manifest.json", folder / "target")
    shutil.copy(sample_home.home / "warehouse.duckdb", folder)
    return folder


def labels(project: Path) -> dict[str, str]:
    """Metric of the semantic layer -> metric_id that it stands for."""
    manifest = json.loads((project / "target" / "semantic_manifest.json").read_text(encoding="utf-8"))
    ids = duckdb.connect(str(project / "warehouse.duckdb"), read_only=True).sql(
        "select slug, metric_id from kpi.dim_metric"
    )
    known = dict(ids.fetchall())
    return {metric["name"]: known[metric["name"]] for metric in manifest["metrics"] if metric["name"] in known}


def query(project: Path, metrics: dict[str, str], *more: str) -> Numbers:
    """What mf answers, by day and whatever else is grouped by."""
    answer = project / "answer.csv"
    done = subprocess.run(
        [Path(sys.executable).with_name("mf"), "query", "--metrics", ",".join(metrics), "--csv", answer, *more],
        cwd=project,
        env={
            **os.environ,
            "DO_NOT_TRACK": "1",
            "DBT_PROFILES_DIR": str(project),
            "THROUGHLINE_DUCKDB_PATH": str(project / "warehouse.duckdb"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    with answer.open() as rows:
        return {
            (metrics[name], row.get("cell", "_org/organisation/_org/w28"), row["metric_time__day"][:10]): float(value)
            for row in csv.DictReader(rows)
            for name, value in row.items()
            if name in metrics and value
        }


def published(project: Path, metric_ids: set[str]) -> Numbers:
    with duckdb.connect(str(project / "warehouse.duckdb"), read_only=True) as db:
        rows = db.execute(
            f"select metric_id, {CELL}, cast(period_start as varchar), value from kpi.kpi_value where value is not null"
        ).fetchall()
    return {(metric_id, cell, day): value for metric_id, cell, day, value in rows if metric_id in metric_ids}


def test_mf_gives_the_published_numbers(project: Path) -> None:
    asked = labels(project)
    told = query(project, asked, "--group-by", "metric_time__day,cell")
    expected = published(project, set(asked.values()))
    seen = {metric_id for metric_id, *_ in expected}
    assert len(seen) >= 15, seen
    assert len(expected) > 1000
    wrong = {
        key: (told.get(key), value)
        for key, value in expected.items()
        if told.get(key) != pytest.approx(value, abs=ROUNDING)
    }
    assert not wrong


def test_a_share_of_all_units_is_that_of_the_organisation(project: Path) -> None:
    """Numerators and denominators are added up, never shares: every person has one unit."""
    asked = {name: metric_id for name, metric_id in labels(project).items() if metric_id in ("A2", "A4", "A5")}
    told = query(
        project,
        asked,
        "--group-by",
        "metric_time__day",
        "--where",
        "{{ Dimension('adoption_cell__unit_type') }} = 'org_unit'",
    )
    expected = {
        key: value for key, value in published(project, set(asked.values())).items() if "/organisation/" in key[1]
    }
    assert len(expected) > 100
    assert {key: told.get(key) for key in expected} == pytest.approx(expected, abs=ROUNDING)
