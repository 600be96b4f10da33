"""The watchers: wake intake when something new lies in the landing zone. They never change or delete anything there.

An event is a hint, the ledger is the truth (intake lists the landing zone itself), so a watcher may be coarse
where that makes it sturdy: after a restart, or when in doubt, it fires once too often rather than once too little.
The event holds only how many files changed, their source folders and hashed names: it is kept in Airflow's database.

The folder's watcher polls with `os.scandir`, because change notifications get lost on network and bind mounts. A file
counts when its size and modification time were the same in two polls, so one that is still being written waits.

The queue's watcher reads S3's events from SQS. Airflow's shared stream drives it in ack mode: a message is deleted when
the event made from it is in Airflow's database, and not before; one that gets no further is delivered again. There is
one watcher a queue: two would take each other's messages.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import os
from collections.abc import AsyncIterator, Hashable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from airflow.triggers.base import BaseEventTrigger, TriggerEvent
from airflow.triggers.shared_stream import AdvanceItem, AdvanceOutcome, SharedStreamProducer

POLL_SECONDS: Final = 3.0
LONGEST_WAIT_SECONDS: Final = 120.0  # between two looks at a folder or queue that cannot be read
LONG_POLL_SECONDS: Final = 20  # the longest that SQS offers; a message that comes meanwhile is answered at once
MESSAGES_A_CALL: Final = 10  # the most that SQS gives, and takes back, at once
NAMED_FILES: Final = 100  # in one event; the count is exact, the names are only a help for the reader
STATE: Final = "told"  # the one key in the asset's state store
MARK_LENGTH: Final = 6  # 36 bits: a clash with one of 10,000 files hides one event in seven million, until the sweep
REMEMBERED_FILES: Final = 10_000  # 60,000 characters; Airflow wants a stored value below 64 KiB

log = logging.getLogger(__name__)
Fingerprints = dict[str, tuple[int, int]]  # path below the folder -> (size_bytes, modified_ns)


class FolderTrigger(BaseEventTrigger):
    """Fires `{changed_count, sources, files}` when complete files are new or have new content. Runs for ever."""

    def __init__(self, folder: str, poll_seconds: float = POLL_SECONDS) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's base carries no types
        self.folder = folder
        self.poll_seconds = poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The same for the same folder and interval: Airflow tells triggers apart by it."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {"folder": self.folder, "poll_seconds": self.poll_seconds},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll for ever; a folder that cannot be read is waited for, longer each time."""
        told = await self._remembered()
        before: Fingerprints = {}
        failures = 0
        while True:
            try:
                now = await asyncio.to_thread(scan, Path(self.folder))
            except OSError as error:
                failures += 1
                wait_seconds = min(self.poll_seconds * 2**failures, LONGEST_WAIT_SECONDS)
                self.log.warning(
                    "landing folder cannot be read (%s); looking again in %.0f seconds", error.strerror, wait_seconds
                )
                await asyncio.sleep(wait_seconds)
                continue
            failures = 0
            marks = {name: mark(name, facts) for name, facts in now.items()}
            complete = {name for name, facts in now.items() if before.get(name) == facts}
            changed = sorted(name for name in complete if marks[name] not in told)
            if changed:
                yield TriggerEvent(_payload(changed))  # type: ignore[no-untyped-call]  # as above
            still = told.intersection(marks.values())  # what is gone is forgotten
            if (told_now := still.union(marks[name] for name in changed)) != told:
                told = told_now
                await self._remember(told)  # after the event: a crash in between repeats it and never loses it
            before = now
            await asyncio.sleep(self.poll_seconds)

    async def _remembered(self) -> set[str]:
        """Marks of the files told about before a restart; none without a state store, and all files are told again."""
        if self.asset_state_store is None:
            return set()
        try:
            stored = await self.asset_state_store.aget(STATE, default="")
        except Exception as error:  # a lost memory costs one superfluous event, a dead watcher costs all of them
            self.log.warning("no memory of earlier events (%s): all files are told again", type(error).__name__)
            return set()
        text = stored if isinstance(stored, str) else ""
        return {text[start : start + MARK_LENGTH] for start in range(0, len(text), MARK_LENGTH)}

    async def _remember(self, told: set[str]) -> None:
        """Keep the marks for the time after a restart; the present run remembers by itself."""
        if self.asset_state_store is None:
            return
        try:
            await self.asset_state_store.aset(STATE, "".join(sorted(told)[:REMEMBERED_FILES]))
        except Exception as error:  # as above
            self.log.warning("cannot keep what was told (%s): a restart tells all files again", type(error).__name__)


def scan(folder: Path) -> Fingerprints:
    """Every file below the folder that may be an export. Raises OSError when the folder itself cannot be read."""
    from throughline.landing import UNFINISHED

    def walk(path: Path, prefix: str) -> Iterator[tuple[str, tuple[int, int]]]:
        with os.scandir(path) as entries:
            for entry in entries:
                name = f"{prefix}{entry.name}"
                if entry.name.startswith(".") or entry.is_symlink():
                    continue
                try:
                    if entry.is_dir(follow_symlinks=False):
                        yield from walk(Path(entry.path), f"{name}/")
                    elif entry.is_file(follow_symlinks=False) and not entry.name.lower().endswith(UNFINISHED):
                        facts = entry.stat(follow_symlinks=False)
                        yield name, (facts.st_size, facts.st_mtime_ns)
                except OSError:
                    continue  # gone since the listing, or a folder inside that may not be read: the others go on

    return dict(walk(folder, ""))


def file_key(name: str) -> str:
    """16 hex characters for a path: names of exports may hold names of people."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def mark(name: str, facts: tuple[int, int]) -> str:
    """MARK_LENGTH characters for one state of one file."""
    text = f"{name}\0{facts[0]}\0{facts[1]}".encode("utf-8", "surrogateescape")
    return base64.urlsafe_b64encode(hashlib.sha256(text).digest())[:MARK_LENGTH].decode("ascii")


def _payload(changed: list[str]) -> dict[str, Any]:
    """names: relative paths -> what the event says. Small, and without a name of a file."""
    sources = sorted({name.split("/", 1)[0] for name in changed if "/" in name})
    return {
        "changed_count": len(changed),
        "sources": sources[:NAMED_FILES],
        "files": [file_key(name) for name in changed[:NAMED_FILES]],
    }


class QueueTrigger(BaseEventTrigger):
    """Fires what `FolderTrigger` fires, when a queue tells of exports below an S3 landing zone. Runs for ever."""

    def __init__(self, queue: str, landing: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's base carries no types
        self.queue = queue
        self.landing = landing

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The same for the same queue and landing zone: Airflow tells triggers apart by it."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {"queue": self.queue, "landing": self.landing},
        )

    def shared_stream_key(self) -> Hashable:
        """One reader a queue, however many assets ask for it."""
        return ("throughline.queue", self.queue)

    @classmethod
    def create_shared_stream_producer(cls, kwargs: dict[str, Any]) -> SharedStreamProducer:
        """Ack mode: the queue is told to forget a message through this."""
        return Queue(kwargs["queue"])

    async def filter_shared_stream(self, shared_stream: AsyncIterator[list[str]]) -> AsyncIterator[TriggerEvent]:
        """One event for the messages of one delivery; none where they tell of nothing that is ours."""
        from throughline import s3_events
        from throughline.landing import S3Url

        url = S3Url.parse(self.landing)
        async for bodies in shared_stream:
            told = [s3_events.names(body, url) for body in bodies]
            if strange := told.count(None):
                log.warning("%d messages of the queue are no events of S3; they are dropped", strange)
            if changed := sorted({name for names in told for name in names or ()}):
                yield TriggerEvent(_payload(changed))  # type: ignore[no-untyped-call]  # as above

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Without Airflow's shared stream: a message is deleted when the next step is asked for after its event."""
        queue = Queue(self.queue)
        async for bodies, receipts in queue.open_stream():
            async for event in self.filter_shared_stream(_once(bodies)):
                yield event
            await queue.advance([AdvanceItem(receipts, AdvanceOutcome(acked=1, failed=0))])


class Queue(SharedStreamProducer):
    """An SQS queue: gives (bodies, receipts) of one delivery at a time, deletes what was taken over."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: Any = None

    async def open_stream(self) -> AsyncIterator[tuple[list[str], list[str]]]:
        """Read for ever; a queue that cannot be read is waited for, longer each time, and connected to anew."""
        from throughline import aws

        failures = 0
        while True:
            try:
                async with await self._client() as sqs:
                    while True:
                        answer = await sqs.receive_message(
                            QueueUrl=self._url, MaxNumberOfMessages=MESSAGES_A_CALL, WaitTimeSeconds=LONG_POLL_SECONDS
                        )
                        failures = 0
                        if found := answer.get("Messages"):
                            yield [one["Body"] for one in found], [one["ReceiptHandle"] for one in found]
            except aws.faults() as error:
                failures += 1
                wait_seconds = min(POLL_SECONDS * 2**failures, LONGEST_WAIT_SECONDS)
                why = "; ".join(aws.explained(error))
                log.warning("%s: %s; reading again in %.0f seconds", self._url, why, wait_seconds)
                await asyncio.sleep(wait_seconds)

    async def advance(self, batch: Sequence[AdvanceItem]) -> None:
        """Delete the messages whose events are persisted. The others, and those that cannot be deleted, come again."""
        from throughline import aws

        taken = [receipts for receipts, outcome in batch if outcome.is_clean]
        try:
            async with await self._client() as sqs:
                for receipts in taken:
                    entries = [{"Id": str(number), "ReceiptHandle": one} for number, one in enumerate(receipts)]
                    answer = await sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
                    if left := answer.get("Failed"):
                        log.warning("%s: %d messages cannot be deleted and come again", self._url, len(left))
        except aws.faults() as error:
            log.warning("%s: %s; its messages come again", self._url, "; ".join(aws.explained(error)))

    async def _client(self) -> Any:
        from throughline import aws

        if self._session is None:
            self._session = await asyncio.to_thread(aws.async_session, "sqs")
        return aws.async_client(self._session, "sqs")


async def _once(bodies: list[str]) -> AsyncIterator[list[str]]:
    yield bodies
