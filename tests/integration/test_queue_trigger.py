"""The queue's watcher on a real queue behind HTTP, driven by Airflow's own shared stream as the triggerer drives it.

What is tested of Airflow here is its contract: a message is deleted when the event made of it is persisted.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

import numpy as np
import pytest
from airflow.triggers.base import BaseEventTrigger  # what is tested here is Airflow's contract
from airflow.triggers.shared_stream import SharedStreamManager  # the same

from tests.fixtures import slack
from tests.integration.test_bad_input import ingest, slack_export
from throughline import settings as settings_module
from throughline import triggers
from throughline.landing import S3Url
from throughline.ledger import Ledger
from throughline.settings import Settings
from throughline.source import Refused
from throughline.triggers import QueueTrigger, file_key

PREFIX = "landing/acme"
TRIGGER_ID = 7


def client(service: str) -> Any:
    import boto3

    return boto3.client(service)


@pytest.fixture
def queue(bucket: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A queue that the bucket tells of its new objects."""
    monkeypatch.setattr(triggers, "LONG_POLL_SECONDS", 1)
    sqs = client("sqs")
    url: str = sqs.create_queue(QueueName=bucket)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client("s3").put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]},
    )
    return url


def drop(bucket: str, name: str, content: bytes = b"x") -> None:
    client("s3").put_object(Bucket=bucket, Key=f"{PREFIX}/{name}", Body=content)


def message(*keys: str, bucket: str) -> str:
    places = [{"bucket": {"name": bucket}, "object": {"key": quote_plus(key)}} for key in keys]
    return json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": place} for place in places]})


def left(queue: str) -> int:
    """Messages that the queue still has, also those that are with a reader just now."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(int(count) for count in counts.values())


class Triggerer:
    """Does with a trigger what Airflow's triggerer does: subscribes, binds each event, confirms when told to."""

    def __init__(self, trigger: QueueTrigger, *, persists: bool = True, ack_timeout: float = 300) -> None:
        self.trigger, self.persists = trigger, persists
        self.streams = SharedStreamManager(ack_timeout=ack_timeout)
        self.key = trigger.shared_stream_key()
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.unconfirmed: list[int] = []
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        stream = self.streams.subscribe(trigger_id=TRIGGER_ID, trigger=self.trigger, key=self.key)
        try:
            async for event in self.trigger.filter_shared_stream(stream):
                seq = self.streams.bind_pending_event(trigger_id=TRIGGER_ID, key=self.key)
                assert seq is not None, "Airflow does not see this stream as one in ack mode"
                self.unconfirmed.append(seq)
                if self.persists:
                    self.confirm()
                await self.events.put(event.payload)
        finally:
            await self.streams.unsubscribe(TRIGGER_ID, self.key)

    def confirm(self) -> None:
        """As when the events are stored in the metadata database."""
        self.streams.confirm_persisted(self.unconfirmed)
        self.unconfirmed.clear()

    async def event(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.events.get(), timeout=30)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.1)


def watch(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scenario())


def trigger_of(queue: str, bucket: str) -> QueueTrigger:
    return QueueTrigger(queue=queue, landing=f"s3://{bucket}/{PREFIX}")


def test_a_new_object_fires_and_the_event_names_no_file(queue: str, bucket: str) -> None:
    async def scenario() -> None:
        triggerer = Triggerer(trigger_of(queue, bucket))
        name = "slack/Jäne Doe's b+ü 100% export.zip"
        await asyncio.to_thread(drop, bucket, name)
        event = await triggerer.event()
        assert event == {"changed_count": 1, "sources": ["slack"], "files": [file_key(name)]}
        await until(lambda: left(queue) == 0)  # S3's own test event is gone as well
        assert triggerer.events.empty()
        await triggerer.stop()

    watch(scenario)


def test_a_message_is_deleted_only_when_its_event_is_persisted(queue: str, bucket: str) -> None:
    async def scenario() -> None:
        triggerer = Triggerer(trigger_of(queue, bucket), persists=False)
        await until(lambda: left(queue) == 0)  # the test event, of which no event is made
        await asyncio.to_thread(drop, bucket, "slack/a.zip")
        await triggerer.event()
        await asyncio.sleep(0.5)
        assert await asyncio.to_thread(left, queue) == 1
        triggerer.confirm()
        await until(lambda: left(queue) == 0)
        await triggerer.stop()

    watch(scenario)


def test_an_event_that_is_never_persisted_is_told_again_to_the_next_reader(queue: str, bucket: str) -> None:
    client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})  # then it comes again

    async def scenario() -> None:
        killed = Triggerer(trigger_of(queue, bucket), persists=False)
        await asyncio.to_thread(drop, bucket, "slack/a.zip")
        told = await killed.event()
        await killed.stop()
        assert await asyncio.to_thread(left, queue) >= 1
        again = Triggerer(trigger_of(queue, bucket))
        assert await again.event() == told
        await until(lambda: left(queue) == 0)
        await again.stop()

    watch(scenario)


def test_garbage_and_what_is_not_ours_is_taken_off_the_queue_and_logged_without_its_content(
    queue: str, bucket: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        sqs = client("sqs")
        for body in ("jane.doe@firm.example", "{}", message(f"{PREFIX}/slack/a.zip", bucket="another")):
            sqs.send_message(QueueUrl=queue, MessageBody=body)
        triggerer = Triggerer(trigger_of(queue, bucket))
        await until(lambda: left(queue) == 0)
        assert triggerer.events.empty()
        await triggerer.stop()

    with caplog.at_level(logging.INFO):
        watch(scenario)
    assert "are no events of S3" in caplog.text
    assert "jane.doe" not in caplog.text


def test_many_records_and_messages_are_one_small_event(queue: str, bucket: str) -> None:
    async def scenario() -> None:
        sqs = client("sqs")
        for start in range(0, 1_000, 100):
            keys = [f"{PREFIX}/slack/{number}.zip" for number in range(start, start + 100)]
            sqs.send_message(QueueUrl=queue, MessageBody=message(*keys, *keys, bucket=bucket))
        triggerer = Triggerer(trigger_of(queue, bucket))
        told = 0
        while told < 1_000:
            event = await triggerer.event()
            told += event["changed_count"]
            assert len(json.dumps(event)) < 4_000
        assert told == 1_000
        await triggerer.stop()

    watch(scenario)


def test_without_a_shared_stream_it_deletes_after_the_event(queue: str, bucket: str) -> None:
    async def scenario() -> None:
        await asyncio.to_thread(drop, bucket, "slack/a.zip")
        stream = trigger_of(queue, bucket).run()
        event = await asyncio.wait_for(anext(stream), timeout=30)
        assert event.payload["files"] == [file_key("slack/a.zip")]
        assert await asyncio.to_thread(left, queue) >= 1
        following = asyncio.create_task(anext(stream))  # type: ignore[arg-type]
        await until(lambda: left(queue) == 0)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

    watch(scenario)


BROKEN = {
    "no such queue": ({}, "there is no such queue, or this account may not see it; check THROUGHLINE_QUEUE"),
    "unreachable": ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "the endpoint cannot be reached"),
    "no credentials": ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "no AWS credentials are found"),
    "no region": ({"AWS_DEFAULT_REGION": ""}, "no AWS region is set; set AWS_DEFAULT_REGION"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_queue_that_cannot_be_read_is_waited_for_longer_each_time(
    queue: str, bucket: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    environment, sentence = BROKEN[case]
    for name, value in environment.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    waits: list[float] = []
    real = asyncio.sleep

    async def no_sleep(seconds: float, *arguments: Any) -> None:
        if seconds < triggers.POLL_SECONDS:  # the library's own
            return await real(seconds, *arguments)
        waits.append(seconds)
        if len(waits) == 4:
            raise asyncio.CancelledError

    async def scenario() -> None:
        monkeypatch.setattr(triggers.asyncio, "sleep", no_sleep)
        with pytest.raises(asyncio.CancelledError):
            await anext(trigger_of(f"{queue}-elsewhere", bucket).run())

    watch(scenario)
    monkeypatch.undo()
    assert waits == [triggers.POLL_SECONDS * factor for factor in (2, 4, 8, 16)]
    assert sentence in caplog.text


def test_events_dropped_doubled_and_shuffled_change_nothing(
    queue: str, bucket: str, settings: Settings, tmp_path: Any, at: datetime
) -> None:
    """GIVEN an event of each of six exports, 30 % lost, 30 % twice, in any order, WHEN intake runs after each."""
    from dataclasses import replace

    plain = replace(settings, home=tmp_path / "plain", landing=S3Url(bucket, PREFIX))
    driven = replace(settings, home=tmp_path / "driven", landing=S3Url(bucket, PREFIX))
    chance = np.random.default_rng(7)
    names = [f"slack/export {number}.zip" for number in range(6)]
    for number, name in enumerate(names):
        drop(bucket, name, slack_export({"general/2023-11-15.json": [slack.message(number % 5)]}))  # two are alike
    client("sqs").purge_queue(QueueUrl=queue)
    kept = [name for name in names if chance.random() > 0.3]
    sent = [*kept, *(name for name in kept if chance.random() < 0.3)]
    chance.shuffle(sent)
    assert 0 < len(kept) < len(names) < len(names) + len(sent) - len(kept)

    async def scenario() -> None:
        triggerer = Triggerer(trigger_of(queue, bucket))
        for name in sent:
            body = message(f"{PREFIX}/{name}", bucket=bucket)
            await asyncio.to_thread(client("sqs").send_message, QueueUrl=queue, MessageBody=body)
            await triggerer.event()
            await asyncio.to_thread(ingest, driven, at)
        await triggerer.stop()

    watch(scenario)
    ingest(plain, at)
    assert Ledger(driven.ledger).entries() == Ledger(plain.ledger).entries()
    assert {entry.state for entry in Ledger(plain.ledger).entries()} == {"loaded", "duplicate"}


def test_serialize_is_deterministic_and_rebuilds_the_trigger() -> None:
    first, second = trigger_of("https://queue", "exports"), trigger_of("https://queue", "exports")
    path, arguments = first.serialize()
    module, name = path.rsplit(".", 1)
    assert getattr(sys.modules[module], name)(**arguments).serialize() == second.serialize()
    assert BaseEventTrigger.hash(*first.serialize()) == BaseEventTrigger.hash(*second.serialize())
    assert first.shared_stream_key() == second.shared_stream_key()
    assert first.shared_stream_key() != trigger_of("https://other", "exports").shared_stream_key()


def test_one_watcher_for_the_place_that_is_set(tmp_path: Any) -> None:
    from throughline.assets import _watchers

    def watchers(**environment: str) -> list[str]:
        use = settings_module.load({"THROUGHLINE_HOME": str(tmp_path), **environment})
        return [type(watcher.trigger).__name__ for watcher in _watchers(use)]

    queue = "https://sqs.eu-central-1.amazonaws.com/123456789012/exports"
    assert watchers() == ["FolderTrigger"]
    assert watchers(THROUGHLINE_LANDING="s3://exports/acme") == []
    assert watchers(THROUGHLINE_LANDING="s3://exports/acme", THROUGHLINE_QUEUE=queue) == ["QueueTrigger"]
    with pytest.raises(Refused, match="THROUGHLINE_QUEUE: a queue tells of exports in S3"):
        watchers(THROUGHLINE_QUEUE=queue)
    with pytest.raises(Refused, match="THROUGHLINE_QUEUE: is not the URL of a queue"):
        watchers(THROUGHLINE_LANDING="s3://exports/acme", THROUGHLINE_QUEUE="exports")
