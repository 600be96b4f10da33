"""The folder watcher in a real event loop on a real folder, polling every few milliseconds."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.triggers.base import BaseEventTrigger, TriggerEvent  # what is tested here is Airflow's contract

from throughline import triggers
from throughline.triggers import FolderTrigger, file_key, mark, scan

POLL_SECONDS = 0.01
QUIET_SECONDS = 0.15  # fifteen polls without an event


class Store:
    """The asset state store of one asset, as far as the trigger uses it."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.is_broken = False

    async def aget(self, key: str, default: Any = None) -> Any:
        if self.is_broken:
            raise ValueError("two assets share this trigger")
        return self.values.get(key, default)

    async def aset(self, key: str, value: Any) -> None:
        if self.is_broken:
            raise ValueError("two assets share this trigger")
        self.values[key] = value


class Watching:
    """A running trigger; `event()` waits for the next event, `silence()` proves that there is none."""

    def __init__(self, folder: Path, store: Store | None = None) -> None:
        self.trigger = FolderTrigger(str(folder), poll_seconds=POLL_SECONDS)
        self.trigger.asset_state_store = store  # type: ignore[assignment]
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task = asyncio.create_task(self._collect(self.trigger.run()))

    async def _collect(self, stream: AsyncIterator[TriggerEvent]) -> None:
        async for event in stream:
            await self.events.put(event.payload)

    async def event(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.events.get(), timeout=20)

    async def silence(self) -> None:
        await asyncio.sleep(QUIET_SECONDS)
        assert self.events.empty(), self.events.get_nowait()
        assert not self._task.done(), "the trigger ended; it must run for ever"

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def watch(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scenario())


def drop(folder: Path, name: str, content: str = "content") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_a_new_file_fires_once_and_the_event_names_no_file(tmp_path: Path) -> None:
    async def scenario() -> None:
        watching = Watching(tmp_path)
        await watching.silence()
        drop(tmp_path, "slack/jane.doe export.zip")
        event = await watching.event()
        assert event == {"changed_count": 1, "sources": ["slack"], "files": [file_key("slack/jane.doe export.zip")]}
        assert "jane" not in str(event)
        await watching.silence()
        await watching.stop()

    watch(scenario)


def test_only_what_changed_is_told(tmp_path: Path) -> None:
    async def scenario() -> None:
        drop(tmp_path, "slack/a.zip")
        watching = Watching(tmp_path)
        assert (await watching.event())["files"] == [file_key("slack/a.zip")]
        drop(tmp_path, "people/roster.csv")
        event = await watching.event()
        assert event == {"changed_count": 1, "sources": ["people"], "files": [file_key("people/roster.csv")]}
        await watching.stop()

    watch(scenario)


def test_a_file_still_being_written_waits(tmp_path: Path) -> None:
    async def scenario() -> None:
        watching = Watching(tmp_path)
        path = drop(tmp_path, "slack/a.zip", "0")
        for _ in range(30):  # grows in every poll
            with path.open("a") as stream:
                stream.write("0")
            assert watching.events.empty()
            await asyncio.sleep(POLL_SECONDS / 4)
        assert (await watching.event())["changed_count"] == 1
        await watching.silence()
        await watching.stop()

    watch(scenario)


@pytest.mark.parametrize("name", ["slack/.hidden.zip", ".trash/a.zip", "slack/a.zip.tmp", "slack/a.zip.PART"])
def test_unfinished_and_hidden_files_are_ignored(tmp_path: Path, name: str) -> None:
    drop(tmp_path, name)
    assert scan(tmp_path) == {}


def test_links_are_ignored(tmp_path: Path) -> None:
    outside = drop(tmp_path, "outside/secret.csv")
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "link.csv").symlink_to(outside)
    (landing / "people").symlink_to(outside.parent, target_is_directory=True)
    assert scan(landing) == {}


def test_a_file_renamed_in_is_taken(tmp_path: Path) -> None:
    async def scenario() -> None:
        watching = Watching(tmp_path)
        drop(tmp_path, "slack/a.zip.part").rename(tmp_path / "slack/a.zip")
        assert (await watching.event())["files"] == [file_key("slack/a.zip")]
        await watching.stop()

    watch(scenario)


def test_new_content_under_the_same_name_fires_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = drop(tmp_path, "slack/a.zip", "first")
        watching = Watching(tmp_path)
        await watching.event()
        path.write_text("other")  # of the same length: only the time differs
        os.utime(path, ns=(path.stat().st_mtime_ns + 1, path.stat().st_mtime_ns + 1))
        assert (await watching.event())["files"] == [file_key("slack/a.zip")]
        await watching.silence()
        await watching.stop()

    watch(scenario)


def test_a_clock_that_runs_backwards_changes_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = drop(tmp_path, "slack/a.zip")
        os.utime(path, ns=(10**18 * 4, 10**18 * 4))  # the year 2096
        watching = Watching(tmp_path)
        await watching.event()
        path.write_text("corrected")
        os.utime(path, ns=(0, 0))  # 1970
        assert (await watching.event())["changed_count"] == 1
        await watching.stop()

    watch(scenario)


def test_a_restart_tells_only_what_is_new(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = Store()
        drop(tmp_path, "slack/a.zip")
        first = Watching(tmp_path, store)
        await first.event()
        await first.silence()  # the memory is written after the event
        await first.stop()
        drop(tmp_path, "slack/b.zip")
        second = Watching(tmp_path, store)
        assert (await second.event())["files"] == [file_key("slack/b.zip")]
        await second.silence()
        await second.stop()

    watch(scenario)


def test_a_restart_between_event_and_memory_repeats_the_event(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = Store()
        drop(tmp_path, "slack/a.zip")
        trigger = FolderTrigger(str(tmp_path), poll_seconds=POLL_SECONDS)
        trigger.asset_state_store = store  # type: ignore[assignment]
        stream = trigger.run()
        await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]  # killed before it was resumed
        again = Watching(tmp_path, store)
        assert (await again.event())["files"] == [file_key("slack/a.zip")]
        await again.stop()

    watch(scenario)


def test_a_restart_in_mid_poll_loses_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = Store()
        drop(tmp_path, "slack/a.zip")
        first = Watching(tmp_path, store)
        await asyncio.sleep(0)  # the first poll is on its way; the file has been seen once at most
        await first.stop()
        second = Watching(tmp_path, store)
        assert (await second.event())["changed_count"] == 1
        await second.stop()

    watch(scenario)


@pytest.mark.parametrize("stored", [None, 7, "abc", {"a": 1}])
def test_a_damaged_memory_is_no_reason_to_stop(tmp_path: Path, stored: Any) -> None:
    async def scenario() -> None:
        store = Store()
        store.values[triggers.STATE] = stored
        drop(tmp_path, "slack/a.zip")
        watching = Watching(tmp_path, store)
        await watching.event()
        await watching.silence()
        await watching.stop()

    watch(scenario)


def test_without_a_state_store_it_remembers_by_itself(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = Store()
        store.is_broken = True  # as Airflow answers when two assets share one trigger
        drop(tmp_path, "slack/a.zip")
        watching = Watching(tmp_path, store)
        await watching.event()
        await watching.silence()
        await watching.stop()

    watch(scenario)


def test_a_missing_folder_is_waited_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        watching = Watching(tmp_path / "landing")
        await watching.silence()
        drop(tmp_path, "landing/slack/a.zip")
        assert (await watching.event())["changed_count"] == 1
        await watching.stop()

    watch(scenario)


def test_waits_grow_while_the_folder_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def no_sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 8:
            raise asyncio.CancelledError

    async def scenario() -> None:
        trigger = FolderTrigger(str(tmp_path / "absent"), poll_seconds=5)
        monkeypatch.setattr(triggers.asyncio, "sleep", no_sleep)
        with pytest.raises(asyncio.CancelledError):
            await anext(trigger.run())

    watch(scenario)
    assert waits == [10, 20, 40, 80, 120, 120, 120, 120]


def test_an_unreadable_folder_inside_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(tmp_path, "slack/a.zip")
    drop(tmp_path, "people/roster.csv")
    real = os.scandir

    def refuse(path: Path) -> Any:
        if Path(path).name == "people":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(triggers.os, "scandir", refuse)  # the tests may run as root, whom no mode keeps out
    assert set(scan(tmp_path)) == {"slack/a.zip"}


def test_ten_thousand_files_are_one_event_and_fit_the_store(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = Store()
        folder = tmp_path / "slack"
        folder.mkdir()
        for number in range(10_000):
            (folder / f"{number}.zip").touch()
        watching = Watching(tmp_path, store)
        event = await watching.event()
        assert event["changed_count"] == 10_000
        assert len(event["files"]) == triggers.NAMED_FILES
        while triggers.STATE not in store.values:
            await asyncio.sleep(POLL_SECONDS)
        assert len(store.values[triggers.STATE]) < 65_535  # Airflow's limit for a stored value
        await watching.stop()
        drop(tmp_path, "slack/one more.zip")
        again = Watching(tmp_path, store)
        assert (await again.event())["changed_count"] == 1
        await again.stop()

    watch(scenario)


def test_deleted_files_are_forgotten_without_an_event(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = drop(tmp_path, "slack/a.zip")
        watching = Watching(tmp_path)
        await watching.event()
        path.unlink()
        await watching.silence()
        drop(tmp_path, "slack/a.zip", "again")
        assert (await watching.event())["changed_count"] == 1
        await watching.stop()

    watch(scenario)


def test_serialize_is_deterministic_and_rebuilds_the_trigger() -> None:
    first, second = FolderTrigger("/landing"), FolderTrigger("/landing")
    assert first.serialize() == second.serialize()
    path, arguments = first.serialize()
    module, name = path.rsplit(".", 1)
    assert getattr(sys.modules[module], name)(**arguments).serialize() == first.serialize()
    assert BaseEventTrigger.hash(*first.serialize()) == BaseEventTrigger.hash(*second.serialize())
    assert FolderTrigger("/other").serialize() != first.serialize()


def test_marks_differ_by_name_size_and_time() -> None:
    marks = {mark("a", (1, 1)), mark("b", (1, 1)), mark("a", (2, 1)), mark("a", (1, 2))}
    assert len(marks) == 4
    assert {len(m) for m in marks} == {triggers.MARK_LENGTH}
