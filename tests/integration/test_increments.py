"""Builds of what is new only: whatever the order and split of the files, every table equals that of a full build."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.fixtures.growing import LATE, growing, land
from throughline import models, transform
from throughline.settings import Settings, load
from throughline.warehouse import connect
from throughline.warehouse.equality import differences

MODELS = (
    "+fct_purpose_window +agg_adoption +agg_retention +agg_leader_engagement +agg_purpose_coverage +agg_lens_people "
    "+agg_lens_posts +agg_lens_actions +int_deal_links +int_mentions +agg_leader_reach +agg_leader_reply "
    "+agg_unit_ties +agg_unit_people +agg_contrib_hist +kpi_behaviour +int_deal_influence"
)


def turns(use: Settings) -> dict[str, int]:
    """How often each model was built, and each test run, by the latest state."""
    found: dict[str, int] = {}
    for row in connect(use).read("raw.model_states").to_pylist():
        found[row["model"]] = max(row["turn"], found.get(row["model"], 0))
    return found


def tables(use: Settings) -> list[str]:
    """Every table that was built, schema.name."""
    nodes = json.loads(models.manifest_path(use).read_text())["nodes"]
    built = [nodes[f"model.throughline.{model}"] for model in turns(use) if not model.startswith("test.")]
    return sorted(f"{n['schema']}.{n['name']}" for n in built if n["config"]["materialized"] == "table")


def keep(use: Settings, folder: Path) -> None:
    """<folder>/<table>.parquet of every table."""
    folder.mkdir()
    for table in tables(use):
        pq.write_table(connect(use).read(table), folder / f"{table.partition('.')[2]}.parquet")


def changed_days(use: Settings, model: str) -> tuple[int, set[date | None]]:
    """(version of a model's rows, the days that it changed); None is any day."""
    rows = [row for row in connect(use).read("raw.model_changes").to_pylist() if row["model"] == model]
    last = max(row["version"] for row in rows)
    return last, {row["day"] for row in rows if row["version"] == last}


@pytest.mark.parametrize("engine", ["duckdb", "postgresql"])
def test_files_in_any_order_and_split_give_the_tables_of_a_full_build(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = request.getfixturevalue("postgres_database") if engine == "postgresql" else ""
    use = load({"THROUGHLINE_HOME": str(tmp_path / "home"), "THROUGHLINE_WAREHOUSE": url})
    made = growing(seed=len(engine), parts=4)
    first = {"part2", "part0", "purpose", "roster-old", "crm-old"}

    monkeypatch.setattr(models, "select", lambda _: MODELS)  # half of the models show it, in half the time

    land(use, tmp_path, made, first)
    transform.build_models(use, "models")
    if engine == "duckdb":
        land(use, tmp_path, made, first | {"late"})
        transform.build_models(use, "models")
        assert_only_a_day_changed(use, LATE.date())
        with duckdb.connect(str(use.home / "warehouse.duckdb")) as db:  # as if a build had not come to its end
            db.execute("drop table marts.fct_person_rolling")
    # earlier and later files, one is gone, two have a new version
    land(use, tmp_path, made, {"part2", "part3", "part1", "late", "purpose", "roster-new", "crm-new"})
    transform.build_models(use, "models")
    keep(use, tmp_path / "grown")
    transform.dbt(use, "run", select=MODELS, full=True)
    keep(use, tmp_path / "full")

    assert differences(tmp_path / "grown", tmp_path / "full", relative=1e-12) == []
    with duckdb.connect() as db:  # and they are not empty
        for table in (
            "int_interactions",
            "int_cross_posts",
            "int_purpose_links",
            "int_deal_links",
            "int_late_replies",
            "agg_late_replies",
            "fct_person_window",
            "fct_response",
        ):
            (count,) = db.execute(f"select count(*) from '{tmp_path}/full/{table}.parquet'").fetchone() or (0,)
            assert count, table


def assert_only_a_day_changed(use: Settings, day: date) -> None:
    """A file with messages of one day replaces that day and what is summed over it; what does not read them stands."""
    monday = day - timedelta(days=day.weekday())
    assert changed_days(use, "int_interactions") == (2, {day})
    assert changed_days(use, "fct_person_day") == (2, {day})
    assert changed_days(use, "fct_person_week") == (2, {monday})
    _, windows = changed_days(use, "fct_person_window")
    holding = {monday + timedelta(days=7 * n) for n in range(-3, 9)}  # four weeks hold the day, or the twelve do
    assert monday in windows and windows <= holding
    stand = {model for model, turn in turns(use).items() if turn == 1}
    assert stand >= {"int_deals", "int_people", "int_accounts", "int_windows", "stg_collaboration__messages"}
    tested = {test.split(".")[2] for test in stand if test.startswith("test.")}
    assert "not_null_int_interactions_interaction_id" not in tested and len(tested) > 50, (
        "what stands is not tested again"
    )
    assert {"unique_combination_int_deals_source__deal_id", "unique_int_people_person_key"} <= tested
