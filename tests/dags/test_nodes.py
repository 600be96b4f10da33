"""Nodes of the UI that show what dbt reports: verdicts, the file of results, and the poll that they share."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from airflow.triggers.base import (  # what is tested here is Airflow's contract
    BaseTaskEndEvent,
    TaskFailedEvent,
    TaskSkippedEvent,
    TaskSuccessEvent,
    TriggerEvent,
)  # what is tested is Airflow's contract

from throughline import nodes
from throughline.nodes import NodeTrigger, Result, Seen, judge

MODEL, KEY, RANGE = "model.throughline.fct_a", "test.throughline.key_of_a.1", "test.throughline.range_of_a.2"


def seen(state: str | None, **statuses: str) -> Seen:
    ids = {"model": MODEL, "key": KEY, "range": RANGE}
    results = [Result(ids[name], status, "so said dbt") for name, status in statuses.items()]
    return Seen(state, {result.unique_id: result for result in results})


@pytest.mark.parametrize(
    ("unique_ids", "known", "ends"),
    [
        ([MODEL], seen("running"), None),
        ([MODEL], seen("running", model="success"), TaskSuccessEvent),
        ([KEY, RANGE], seen("running", key="pass"), None),  # the other is still to come
        ([KEY, RANGE], seen("running", key="pass", range="warn"), TaskSuccessEvent),
        ([MODEL], seen("running", model="error"), None),  # dbt's task may be tried again
        ([MODEL], seen("up_for_retry", model="error"), None),
        ([MODEL], seen("failed", model="error"), TaskFailedEvent),
        ([KEY, RANGE], seen("failed", key="pass", range="fail"), TaskFailedEvent),
        ([KEY, RANGE], seen("failed", key="pass", range="skipped"), TaskFailedEvent),
        (
            [KEY, RANGE],
            seen("failed", key="pass", range="pass"),
            TaskSuccessEvent,
        ),  # another one failed
        ([MODEL], seen("failed"), TaskFailedEvent),
        ([MODEL], seen("success"), TaskFailedEvent),  # a model that dbt did not build
        ([MODEL], seen("upstream_failed"), TaskFailedEvent),
        ([MODEL], seen("skipped"), TaskSkippedEvent),
        ([MODEL], seen(None), None),  # cleared, and not started again yet
    ],
)
def test_a_node_is_what_dbt_reported_and_fails_only_when_dbt_has_failed_for_good(
    unique_ids: list[str], known: Seen, ends: type[BaseTaskEndEvent] | None
) -> None:
    verdict = judge(unique_ids, known)
    assert (verdict and verdict[0]) == ends


def test_the_log_of_a_node_says_why_it_failed_or_where_to_look() -> None:
    failed = judge([KEY, RANGE], seen("failed", key="fail", range="pass"))
    assert failed == (TaskFailedEvent, "key_of_a fail (so said dbt)")
    verdict = judge([MODEL], seen("failed"))
    assert verdict and "see the log of the task that runs dbt" in verdict[1]


def test_results_are_read_as_they_come_and_those_of_an_earlier_try_are_gone(tmp_path: Path) -> None:
    with nodes.writing(tmp_path, "models-first") as note:
        note(MODEL, "error", "a lock")
        assert nodes.read(tmp_path, "models-first") == {MODEL: Result(MODEL, "error", "a lock")}
    with nodes.writing(tmp_path, "kpi-other"), nodes.writing(tmp_path, "models-second") as note:
        note(MODEL, "success", "OK")
        note(KEY, "pass", "")
    assert nodes.read(tmp_path, "models-first") == {}
    assert nodes.read(tmp_path, "models-second") == {
        MODEL: Result(MODEL, "success", "OK"),
        KEY: Result(KEY, "pass", ""),
    }
    assert nodes.read(tmp_path, "kpi-other") == {}, "the other group's file stays"


def test_a_line_that_is_being_written_waits_for_the_next_poll(tmp_path: Path) -> None:
    with nodes.writing(tmp_path, "models-1") as note:
        note(MODEL, "success", "OK")
    with (tmp_path / "dbt" / "results" / "models-1").open("ab") as file:
        file.write(b'{"unique_id":"model.x')
    assert list(nodes.read(tmp_path, "models-1")) == [MODEL]


def test_nodes_of_a_run_share_one_poll_and_late_ones_miss_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Only what Airflow would answer is replaced: the state of the task that runs dbt, and the name of its results."""
    states = iter(["queued", "no answer", "running", "running", "failed"])
    asked = []

    async def state(*task: str) -> str | None:
        asked.append(task)
        if (answer := next(states)) == "no answer":
            raise OSError
        return answer

    async def results_name(*_: str) -> str:
        return "models-1"

    monkeypatch.setattr(nodes, "_state", state)
    monkeypatch.setattr(nodes, "_results_name", results_name)
    monkeypatch.setattr(nodes, "POLL_SECONDS", 0.01)
    monkeypatch.setenv("THROUGHLINE_HOME", str(tmp_path))
    with nodes.writing(tmp_path, "models-1") as note:
        note(MODEL, "success", "OK")
        note(KEY, "fail", "2 results")

    async def end(*unique_ids: str) -> TriggerEvent:
        trigger = NodeTrigger("models.dbt", list(unique_ids), "transform", "a run")
        assert trigger.shared_stream_key() == ("transform", "a run", "models.dbt")
        return await anext(trigger.filter_shared_stream(stream))

    stream = NodeTrigger.open_shared_stream(NodeTrigger("models.dbt", [MODEL], "transform", "a run").serialize()[1])
    assert isinstance(asyncio.run(end(MODEL)), TaskSuccessEvent)
    assert asked == [("transform", "a run", "models.dbt")] * 3, "before it runs, nothing of an earlier try counts"

    stream = NodeTrigger.open_shared_stream(NodeTrigger("models.dbt", [MODEL], "transform", "a run").serialize()[1])
    assert isinstance(asyncio.run(end(KEY)), TaskFailedEvent)
    assert len(asked) == 5, "it waited for dbt's task to end"
