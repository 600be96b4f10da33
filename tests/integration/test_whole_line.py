"""From exports to published tables, on the sample organisation: complete, repeatable, in any order, safe to cut off."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.conftest import AT, KEY, copy_of, home
from throughline import intake, quality, transform
from throughline.ledger import Ledger
from throughline.sample import register
from throughline.settings import Settings
from throughline.source import Refused

PUBLIC = {
    "dim_date", "dim_metric", "dim_org_unit", "dim_purpose", "kpi_adoption", "kpi_behaviour",
    "kpi_data_quality", "kpi_impact", "kpi_leader_engagement", "kpi_outcome", "kpi_purpose_coverage", "kpi_scorecard",
    "kpi_value",
}  # fmt: skip


def ingest(use: Settings, at: datetime) -> list[intake.Taken]:
    return [intake.take(use, w["name"], w["file_id"], at=at) for w in intake.discover(use, at=at)]


@pytest.fixture(scope="module")
def built(sample_home: Settings, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, transform.Publication]:
    """A copy of the published sample, and what publishing it again tells."""
    use = copy_of(sample_home, tmp_path_factory.mktemp("whole") / "home")
    publication = transform.publish(use, at=AT)
    assert not publication.is_new
    return use, publication


def test_every_public_table_is_published(built: tuple[Settings, transform.Publication]) -> None:
    use, publication = built
    assert set(publication.rows) >= PUBLIC
    assert all(publication.rows[table] > 0 for table in PUBLIC)
    assert {e.state for e in Ledger(use.ledger).entries()} == {"published"}


def test_the_models_hold_against_numbers_worked_out_by_hand(built: tuple[Settings, transform.Publication]) -> None:
    """dbt's own unit tests, which production builds leave out."""
    use, _ = built
    transform.dbt(use, "test", "test_type:unit")
    results = json.loads((use.home / "dbt" / "target" / "run_results.json").read_text())["results"]
    judged = [result["status"] for result in results if result["unique_id"].startswith("unit_test.")]
    assert len(judged) > 40
    assert set(judged) == {"pass"}


def test_rows_balance_in_the_ledger(built: tuple[Settings, transform.Publication]) -> None:
    for entry in Ledger(built[0].ledger).entries():
        assert entry.rows_in == (entry.rows_loaded or 0) + (entry.rows_rejected or 0) + (entry.rows_duplicate or 0)


def test_landing_everything_again_under_other_names_changes_nothing(
    built: tuple[Settings, transform.Publication], sample_exports: Path, at: datetime, tmp_path: Path
) -> None:
    use, _ = built
    for path in (p for p in sample_exports.rglob("*") if p.is_file()):
        copy = use.landing / path.relative_to(sample_exports).with_name(f"copy of {path.name}")
        shutil.copy2(path, copy)
    assert ingest(use, at + timedelta(hours=1)) == []
    assert sum(e.state == "duplicate" for e in Ledger(use.ledger).entries()) == sum(
        p.is_file() for p in sample_exports.rglob("*")
    )


def test_files_one_by_one_in_reverse_give_the_same_publish(
    built: tuple[Settings, transform.Publication], sample_exports: Path, at: datetime, tmp_path: Path
) -> None:
    """The overlapping Slack exports arrive newest first, and a step is cut off and repeated on the way."""
    use = home(tmp_path / "home")
    for path in sorted((p for p in sample_exports.rglob("*") if p.is_file()), reverse=True):
        copy = use.landing / path.relative_to(sample_exports)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
        register(use)
        (waiting,) = intake.discover(use, at=at)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(quality, "door", _cut_off)
            with pytest.raises(OSError, match="cut off"):
                intake.take(use, waiting["name"], waiting["file_id"], at=at)
        (again,) = intake.discover(use, at=at)
        assert intake.take(use, again["name"], again["file_id"], at=at).state == "loaded"
    transform.build(use, at=at)
    assert transform.publish(use, at=at) == replace(built[1], is_new=True)


def test_a_failing_exit_leaves_the_last_publish_standing(
    built: tuple[Settings, transform.Publication], at: datetime
) -> None:
    use, publication = built
    import duckdb

    transform.prepare(use)
    with duckdb.connect(use.warehouse.removeprefix("duckdb:///")) as db:
        db.execute("create table kept as from kpi.kpi_value")
        db.execute("update kpi.kpi_value set value = 7 where metric_id = 'A2'")
    with pytest.raises(Refused, match="not published"):
        transform.audit(use, at=at)
    with pytest.raises(Refused, match="no audited build"):
        transform.publish(use, at=at)
    live = next(p for p in Ledger(use.ledger).publishes() if p.is_live)
    assert live.publish_id == publication.publish_id
    with duckdb.connect(use.warehouse.removeprefix("duckdb:///")) as db:
        db.execute("delete from kpi.kpi_value")
        db.execute("insert into kpi.kpi_value from kept")
        db.execute("drop table kept")


def test_people_are_nowhere_but_in_the_landing_zone(
    built: tuple[Settings, transform.Publication], sample_exports: Path
) -> None:
    """No address and no name of a person in any file that throughline wrote."""
    use, _ = built
    with (next((sample_exports / "people").glob("*.csv"))).open(encoding="utf-8") as roster:
        addresses = {line.split(",")[0].encode() for line in roster if "@" in line}
    locals_ = {address.split(b"@")[0] for address in addresses if b"." in address.split(b"@")[0]}
    assert len(locals_) > 50
    a_name = b"|".join(map(re.escape, locals_)).decode()
    for path in use.home.rglob("*"):
        if path.is_file() and not path.is_relative_to(use.landing):
            content = pa.scalar(path.read_bytes(), pa.large_binary())
            assert not pc.match_substring_regex(content, a_name).as_py(), path


def test_the_command_line_tells_the_same(built: tuple[Settings, transform.Publication]) -> None:
    use, publication = built
    answer = throughline(use, "query", "select count(*) as n from kpi.kpi_value")
    assert answer == {"columns": ["n"], "rows": [{"n": publication.rows["kpi_value"]}]}
    status = throughline(use, "status")
    assert status["balanced"] is True
    assert status["publishes"][0]["publish_id"] == publication.publish_id


def test_roll_back_needs_an_earlier_publish(built: tuple[Settings, transform.Publication]) -> None:
    use = built[0]
    done = run(use, "rollback")
    assert (done.returncode, done.stderr.strip()) == (1, "throughline: there is no earlier publish to go back to")


def run(use: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {"THROUGHLINE_HOME": str(use.home), "THROUGHLINE_KEY": KEY, "PATH": "/usr/bin:/bin", "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "throughline", *arguments],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def throughline(use: Settings, *arguments: str) -> dict[str, Any]:
    done = run(use, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def _cut_off(*_: object) -> quality.Report:
    raise OSError("cut off")
