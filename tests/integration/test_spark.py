"""Spark without a cluster: what is given to it, and what is said when it cannot work. The builds: e2e/test_engines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import free_port
from tests.integration.test_warehouse import DEALS, deals
from throughline.settings import Settings, load
from throughline.source import Refused, Unreachable
from throughline.warehouse import connect


@pytest.fixture
def use(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    java = tmp_path / "jdk" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.touch(mode=0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))  # only looked for: no statement runs here
    return replace(settings, warehouse="spark://local")


def held(use: Settings, table: str) -> list[tuple[object, ...]]:
    query = f"select deal_id, file_id from read_parquet('{use.home}/spark/raw/{table}/*.parquet') order by all"
    return duckdb.sql(query).fetchall()


def test_raw_holds_exactly_the_given_files(use: Settings, tmp_path: Path) -> None:
    first, second = deals(tmp_path, "f1", "a", "b"), deals(tmp_path, "f2", "c")
    with connect(use).raw() as raw:
        raw.records("deals", DEALS, {"f1": first}, {})
    with connect(use).raw() as raw:
        raw.records("deals", DEALS, {"f1": first, "f2": second}, {})
    assert held(use, "deals") == [("a", "f1"), ("b", "f1"), ("c", "f2")]
    with connect(use).raw() as raw:
        raw.records("deals", DEALS, {"f2": second}, {})
    assert held(use, "deals") == [("c", "f2")]


def test_other_tables_stay_and_a_failing_load_changes_nothing(use: Settings, tmp_path: Path) -> None:
    with connect(use).raw() as raw:
        raw.records("deals", DEALS, {"f1": deals(tmp_path, "f1", "a")}, {})
    with connect(use).raw() as raw:
        raw.table("files", pa.schema([("name", pa.string())]), [{"name": "x"}])
    with pytest.raises(RuntimeError), connect(use).raw() as raw:
        raw.records("deals", DEALS, {}, {})
        raise RuntimeError
    assert held(use, "deals") == [("a", "f1")]
    assert pq.read_table(use.home / "spark" / "raw" / "files").to_pylist() == [{"name": "x"}]


def test_ensured_tables_keep_their_rows_until_their_columns_change(use: Settings) -> None:
    schema = pa.schema([("value", pa.float64())])
    for wanted, count in ((schema, 1), (pa.schema([*schema, ("n", pa.int64())]), 0)):
        with connect(use).raw() as raw:
            if count:
                raw.table("result", schema, [{"value": 1.0}])
        with connect(use).raw() as raw:
            raw.ensure("result", wanted)
        kept = pq.read_table(use.home / "spark" / "raw" / "result")
        assert (kept.schema.names, kept.num_rows) == (wanted.names, count)


def test_a_raw_table_is_read_where_it_lies(use: Settings) -> None:
    with connect(use).raw() as raw:
        raw.table("result", pa.schema([("value", pa.float64())]), [{"value": 1.0}])
        raw.ensure("empty", pa.schema([("value", pa.float64())]))
    assert connect(use).read("raw.result").to_pylist() == [{"value": 1.0}]
    assert connect(use).read("raw.empty").num_rows == 0


def test_what_a_killed_driver_left_is_removed_before_the_next_one_starts(use: Settings) -> None:
    left = use.home / "spark" / "tmp" / "liblz4-java-1.so"
    left.parent.mkdir(parents=True)
    left.touch()
    environment = connect(use).dbt_environment()
    assert f"-Djava.io.tmpdir={left.parent}" in environment["THROUGHLINE_SPARK_SETTINGS"]
    assert list(left.parent.iterdir()) == []


def test_without_java_one_sentence_names_it(use: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="Java is not installed; install Java 17, or set JAVA_HOME"), connect(use).raw():
        pass


def test_a_master_that_does_not_answer_may_be_tried_again(use: Settings) -> None:
    away = replace(use, warehouse=f"spark://127.0.0.1:{free_port()}")
    with pytest.raises(Unreachable, match="the master does not answer; check that it runs"):
        connect(away).dbt_environment()


def test_nothing_built_and_nothing_published_are_told(use: Settings) -> None:
    with pytest.raises(Refused, match="nothing is built"):
        connect(use).stage(use.min_cohort)
    with pytest.raises(Refused, match="nothing is published yet"):
        connect(use).query("select 1")
    with pytest.raises(Refused, match="is not kept any more"):
        connect(use).switch("0" * 16)


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"THROUGHLINE_WAREHOUSE: .* or spark://local"):
        load({"THROUGHLINE_HOME": str(tmp_path), "THROUGHLINE_WAREHOUSE": "mysql://x"})
