"""dbt's models and tests as tasks of the UI that cost no process.

One task a group runs dbt and notes each node's result in a file as it comes. The nodes start in the triggerer, all of a
run behind one poll of that file, and end there: no worker ever runs one. They wait for dbt, not for each other. A node
turns red only when the task that runs dbt has failed for good, as its retry builds everything again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from airflow.sdk import BaseOperator, TriggerRule
from airflow.triggers.base import (
    BaseEventTrigger,
    BaseTaskEndEvent,
    StartTriggerArgs,
    TaskFailedEvent,
    TaskSkippedEvent,
    TaskSuccessEvent,
    TriggerEvent,
)

from throughline import settings

POLL_SECONDS: Final = 1.0
RESULTS: Final = "results"  # the XCom that names the file; Airflow deletes it whenever the task starts anew
ENDED: Final = {"success", "failed", "upstream_failed", "skipped", "removed"}
PASSED: Final = {"success", "pass", "warn", "no-op"}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """What dbt reported of one model or test."""

    unique_id: str
    status: str
    message: str

    @property
    def sentence(self) -> str:
        """Its name, its status, and why it failed."""
        why = "" if self.status in PASSED else f" ({self.message})"
        return f"{self.unique_id.split('.')[2]} {self.status}{why}"


class Seen(NamedTuple):
    """One poll: the state of the task that runs dbt, and what dbt has reported in its present try."""

    state: str | None
    results: Mapping[str, Result]


class DbtNode(BaseOperator):
    """A model, or all tests of one: succeeds when dbt, run by the task `runner`, reported success of `unique_ids`."""

    start_from_trigger = True
    ui_color = "#e6f1f2"

    def __init__(self, *, runner: str, unique_ids: list[str], **kwargs: Any) -> None:
        # dbt keeps the order, and there is nothing that could be tried again
        super().__init__(trigger_rule=TriggerRule.ALWAYS, retries=0, **kwargs)
        path, arguments = NodeTrigger(runner, unique_ids).serialize()
        self.start_trigger_args = StartTriggerArgs(trigger_cls=path, next_method="execute", trigger_kwargs=arguments)

    def execute(self, context: Any) -> None:
        """Never called: the trigger ends the task."""
        raise AssertionError("a node waits in the triggerer and runs nowhere")


class NodeTrigger(BaseEventTrigger):
    """Ends its task as dbt reported it. All of one run and runner share one poll."""

    def __init__(self, runner: str, unique_ids: list[str], dag_id: str = "", run_id: str = "") -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's base carries no types
        self.runner, self.unique_ids, self.dag_id, self.run_id = runner, unique_ids, dag_id, run_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The DAG's file does not know the run; where the trigger runs, Airflow tells it."""
        task = self.task_instance
        run = {"dag_id": task.dag_id, "run_id": task.run_id} if task else {"dag_id": self.dag_id, "run_id": self.run_id}
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {"runner": self.runner, "unique_ids": self.unique_ids, **run}

    def shared_stream_key(self) -> Hashable:
        """One poll a run and runner."""
        arguments = self.serialize()[1]
        return arguments["dag_id"], arguments["run_id"], self.runner

    @classmethod
    async def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncIterator[Seen]:
        """What is known, again and again: who joins late misses nothing."""
        task = (kwargs["dag_id"], kwargs["run_id"], kwargs["runner"])
        while True:
            try:
                state = await _state(*task)
                name = await _results_name(*task) if state in {"running", *ENDED} else None
                results = await asyncio.to_thread(read, settings.load().home, name) if name else {}
            except Exception as error:  # nodes only show: a poll that fails must not fail hundreds of them
                log.warning("dbt's results cannot be read (%s); looking again", type(error).__name__)
            else:
                yield Seen(state, results)
            await asyncio.sleep(POLL_SECONDS)

    async def filter_shared_stream(self, shared_stream: AsyncIterator[Seen]) -> AsyncIterator[TriggerEvent]:
        """The task's end, once."""
        async for seen in shared_stream:
            if verdict := judge(self.unique_ids, seen):
                event, sentence = verdict
                self.log.info("dbt: %s", sentence)
                yield event()
                return

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """The same with a poll of its own."""
        async for event in self.filter_shared_stream(self.open_shared_stream(self.serialize()[1])):
            yield event


def judge(unique_ids: list[str], seen: Seen) -> tuple[type[BaseTaskEndEvent], str] | None:
    """How the node ends, and the sentence for its log; None while that is open."""
    known = [seen.results[unique_id] for unique_id in unique_ids if unique_id in seen.results]
    failed = [result.sentence for result in known if result.status not in PASSED]
    if len(known) == len(unique_ids) and not failed:
        return TaskSuccessEvent, "; ".join(result.sentence for result in known)
    if seen.state == "skipped":
        return TaskSkippedEvent, "there was nothing to build"
    if seen.state in ENDED:
        return TaskFailedEvent, "; ".join(failed) or "it did not get this far; see the log of the task that runs dbt"
    return None


@contextmanager
def writing(home: Path, name: str) -> Iterator[Callable[[str, str, str], None]]:
    """Notes results in the file `name`, <group>-<anything>; older files of the group are deleted."""
    folder = home / "dbt" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{name.partition('-')[0]}-*"):
        old.unlink()
    with (folder / name).open("ab", buffering=0) as file:

        def note(unique_id: str, status: str, message: str) -> None:
            file.write(orjson.dumps(Result(unique_id, status, message), option=orjson.OPT_APPEND_NEWLINE))

        yield note


def read(home: Path, name: str) -> dict[str, Result]:
    """unique_id -> its result, so far; a line that is being written is left for the next poll."""
    path = home / "dbt" / "results" / name
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    results = (Result(**orjson.loads(line)) for line in lines)
    return {result.unique_id: result for result in results}


async def _state(dag_id: str, run_id: str, task_id: str) -> str | None:
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
    from asgiref.sync import sync_to_async

    states = await sync_to_async(RuntimeTaskInstance.get_task_states)(
        dag_id=dag_id, task_ids=[task_id], run_ids=[run_id]
    )
    state = states.get(run_id, {}).get(task_id)
    return str(state) if state else None


async def _results_name(dag_id: str, run_id: str, task_id: str) -> str | None:
    from airflow.sdk.execution_time.xcom import XCom
    from asgiref.sync import sync_to_async

    name = await sync_to_async(XCom.get_one)(key=RESULTS, dag_id=dag_id, run_id=run_id, task_id=task_id)
    return str(name) if name else None
