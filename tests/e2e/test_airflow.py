"""A real Airflow (four processes, its own home) on the sample organisation: events, a second export, kills, the UI."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import AT
from tests.e2e.line import SAMPLE, Line, running
from throughline import transform
from throughline.demo import DAGS
from throughline.ledger import Ledger
from throughline.local_airflow import USER
from throughline.sample import later_export, write
from throughline.settings import Settings, load
from throughline.sources import SOURCES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

CHROMIUM = Path("/usr/bin/chromium")


def drop(export: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.part")
    shutil.copyfile(export, draft)
    draft.replace(target)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    home = tmp_path_factory.mktemp("line")
    with running(load({"THROUGHLINE_HOME": str(home / "home")}), home / "airflow") as started:
        yield started


@pytest.fixture(scope="module")
def published(line: Line, tmp_path_factory: pytest.TempPathFactory) -> Line:
    """After the sample's exports were dropped and published."""
    exports = tmp_path_factory.mktemp("exports")
    for file in write(exports, **SAMPLE):
        drop(file, Path(str(line.use.landing)) / file.relative_to(exports))
        line.seen["files"] = line.seen.get("files", 0) + 1
    line.until_published(line.seen["files"])
    return line


def test_exports_reach_the_published_tables_by_events_alone(published: Line) -> None:
    entries = Ledger(published.use.ledger).entries()
    assert {entry.state for entry in entries} == {"published"}
    for entry in entries:
        counted = (entry.rows_loaded or 0) + (entry.rows_rejected or 0) + (entry.rows_duplicate or 0)
        assert entry.rows_in == counted, f"{entry.name}: rows do not balance"
    assert published.use.published.exists()
    assert {run["run_type"] for run in published.runs("transform")} == {"asset_triggered"}
    assert len(published.runs("transform")) == 1, "one announcement of all sources starts one build"
    taken = [run for run in published.runs("intake") if published.tasks(run).get("announce") == "success"]
    assert [run["run_type"] for run in taken] == ["asset_triggered"]


def test_every_task_of_the_run_succeeded(published: Line) -> None:
    [run] = published.runs("transform")
    assert set(published.tasks(run).values()) == {"success"}


def test_only_changed_sources_are_announced(published: Line) -> None:
    answer = published.airflow.api("GET", "/api/v2/assets/events?limit=100")
    extras = [str(event["extra"]) for event in answer["asset_events"]]
    names = [event["name"] for event in answer["asset_events"]]
    landed = {f"raw/{entry.source}" for entry in Ledger(published.use.ledger).entries()}
    assert {name for name in names if name.startswith("raw/")} == landed
    assert len(landed) == 7 < len(SOURCES)
    assert names.count("kpi") == 1
    assert not any(".zip" in extra or ".csv" in extra for extra in extras), "an event names a file"


def test_the_same_export_under_another_name_changes_nothing(published: Line) -> None:
    before = published.publish_id()
    [roster] = [e for e in Ledger(published.use.ledger).entries() if e.source == "people"]
    landing = Path(str(published.use.landing))
    drop(landing / roster.name, landing / "people" / "again.csv")
    published.seen["files"] += 1
    published.until_published(published.seen["files"])
    assert [e.state for e in Ledger(published.use.ledger).entries() if e.name.endswith("again.csv")] == ["duplicate"]
    assert published.publish_id() == before


def test_a_second_export_reaches_the_published_tables_by_events_alone_though_its_build_is_killed(
    published: Line, tmp_path: Path
) -> None:
    before = published.publish_id()
    export = later_export(tmp_path, **SAMPLE)
    drop(export, Path(str(published.use.landing)) / "slack" / export.name)
    published.seen["files"] += 1

    def dbt_has_the_warehouse_open() -> bool:
        return published.is_running("transform", "models.dbt") and published.holder() is not None

    published.until(dbt_has_the_warehouse_open, "dbt has the warehouse open")
    victim = published.holder()
    assert victim is not None
    os.kill(victim.pid, signal.SIGKILL)
    published.until_published(published.seen["files"])

    run = published.newest("transform")
    assert run["run_type"] == "asset_triggered"
    events = published.airflow.api("GET", f"/api/v2/dags/transform/dagRuns/{run['dag_run_id']}/upstreamAssetEvents")
    assert {event["name"] for event in events["asset_events"]} == {"raw/slack"}
    assert published.publish_id() not in (before, "")
    assert published.publish_id() == built_without_a_kill(published.use, before, tmp_path / "copy")


def built_without_a_kill(use: Settings, before: str, home: Path) -> str:
    """What the same files give elsewhere, after the same last release, from a copy of the lake and the ledger."""
    home.mkdir()
    shutil.copytree(use.lake, home / "lake")
    shutil.copytree(use.home / "publishes" / before, home / "publishes" / before)
    (home / "kpi").symlink_to(Path("publishes") / before / "kpi")
    shutil.copyfile(use.ledger, home / "ledger.sqlite")
    copy = load({"THROUGHLINE_HOME": str(home), "THROUGHLINE_KEY": use.key.decode()})
    transform.build(copy, at=AT)
    return transform.publish(copy, at=AT).publish_id


def test_a_cleared_build_and_all_after_it_end_in_the_same_tables(published: Line) -> None:
    """Downstream of it lie the nodes that show it, the second task that runs dbt, the audit and the publish."""
    before = published.publish_id()
    run = published.newest("transform")
    published.clear(run, "models.dbt")
    published.until(lambda: published.tasks(run)["publish"] != "success", "the run starts again")
    assert published.tasks(run)["models.agg_adoption.run"] != "success", "nodes do not show what was cleared"
    published.until(published.is_quiet, "the cleared run ends")
    assert set(published.tasks(run).values()) == {"success"}
    assert published.publish_id() == before


def test_the_ui_shows_the_dags_their_nodes_and_the_assets(published: Line) -> None:
    if not CHROMIUM.exists():
        pytest.skip(f"NOTHING OF THE UI WAS TESTED: {CHROMIUM} is not installed (.ci/run installs it)")
    from playwright.sync_api import sync_playwright

    def text_of(page: Any, path: str, *wanted: str) -> str:
        """The page's text once it holds all that is wanted."""
        page.goto(published.airflow.url + path)
        for words in wanted:
            page.get_by_text(words, exact=False).first.wait_for(state="attached", timeout=60_000)
        return str(page.inner_text("body"))

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        try:
            page = browser.new_page(viewport={"width": 1600, "height": 1200})
            page.goto(published.airflow.url)
            page.locator("input[name=username]").fill(USER)
            page.locator("input[name=password]").fill(published.airflow.password)
            page.locator("button[type=submit]").click()
            page.wait_for_url(lambda url: "login" not in url, timeout=60_000)

            listed = text_of(page, "/dags", *DAGS)
            for tag in ("throughline", "landing", "operations"):
                assert tag in listed, f"the list of DAGs does not show the tag {tag}"
            for dag_id in DAGS:
                details = text_of(page, f"/dags/{dag_id}/details", "data-engineering")
                assert dag_id in details
            text_of(page, "/dags/transform/tasks", "prepare", "models.dbt")
            run = published.newest("transform")
            text_of(page, f"/dags/transform/runs/{run['dag_run_id']}", "kpi", "models", "publish")
            assets = text_of(page, "/assets", "landing", "raw/slack", "kpi")
            assert all(f"raw/{name}" in assets for name in ("people", "purposes", "salesforce", "slack"))
            page.screenshot(path=str(published.airflow.home / "assets.png"))
        finally:
            browser.close()


def test_the_asset_graph_runs_from_landing_to_kpi(published: Line) -> None:
    assets = {a["name"]: a for a in published.airflow.api("GET", "/api/v2/assets?limit=100")["assets"]}
    assert [dag["dag_id"] for dag in assets["landing"]["scheduled_dags"]] == ["intake"]
    assert [watcher["name"] for watcher in assets["landing"]["watchers"]] == ["landing_folder"]
    for name in ("people", "purposes", "salesforce", "slack"):
        raw = assets[f"raw/{name}"]
        assert {(task["dag_id"], task["task_id"]) for task in raw["producing_tasks"]} >= {("intake", "announce")}
        assert [dag["dag_id"] for dag in raw["scheduled_dags"]] == ["transform"]
    assert ("transform", "publish") in {(t["dag_id"], t["task_id"]) for t in assets["kpi"]["producing_tasks"]}


def test_ending_airflow_leaves_no_process(published: Line) -> None:
    """Last: it ends the Airflow of this module."""
    sessions = {process.pid for process in published.airflow._processes.values()}
    assert len(sessions) == 4
    published.airflow.stop()
    left = []
    for process in psutil.process_iter(["status"]):
        try:
            if os.getsid(process.pid) in sessions and process.info["status"] != psutil.STATUS_ZOMBIE:
                left.append(process.pid)
        except ProcessLookupError:
            continue
    assert left == []
