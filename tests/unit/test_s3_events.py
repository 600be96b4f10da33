"""Messages on the queue: every make that S3's events come in, and what is none."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus

import pytest

from throughline.landing import S3Url
from throughline.s3_events import names
from throughline.source import Refused

URL = S3Url("exports", "landing/acme")


def record(key: str, bucket: str = "exports", event: str = "ObjectCreated:Put") -> dict[str, Any]:
    """As S3 writes it, with some of the fields that are not read."""
    place = {"s3SchemaVersion": "1.0", "bucket": {"name": bucket, "arn": "…"}, "object": {"key": quote_plus(key)}}
    return {"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": event, "s3": place}


def told(*records: dict[str, Any]) -> list[str] | None:
    return names(json.dumps({"Records": records}), URL)


@pytest.mark.parametrize("name", ["slack/a.zip", "slack/Ä b+ü 100%.zip", "people/a&b=c.csv", "slack/チャネル.zip"])
def test_keys_are_decoded(name: str) -> None:
    assert told(record(f"landing/acme/{name}")) == [name]


def test_one_message_may_hold_many_records_in_any_order_and_twice() -> None:
    keys = ["landing/acme/slack/b.zip", "landing/acme/slack/a.zip", "landing/acme/slack/b.zip"]
    assert told(*map(record, keys)) == ["slack/b.zip", "slack/a.zip", "slack/b.zip"]


@pytest.mark.parametrize(
    "stranger",
    [
        record("landing/acme/slack/a.zip", bucket="another"),
        record("landing/other/slack/a.zip"),
        record("landing/acme2/slack/a.zip"),
        record("landing/acme"),
        record("landing/acme/slack/"),
        record("landing/acme/slack/.a.zip"),
        record("landing/acme/slack/a.zip.part"),
        record("landing/acme/slack/a.zip", event="ObjectRemoved:Delete"),
    ],
)
def test_what_is_not_ours_is_ignored_and_the_rest_is_told(stranger: dict[str, Any]) -> None:
    assert told(stranger) == []
    assert told(stranger, record("landing/acme/slack/b.zip")) == ["slack/b.zip"]


def test_a_test_event_tells_of_nothing() -> None:
    body = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-07-06T08:00:00.000Z", "Bucket": "exports"}
    assert names(json.dumps(body), URL) == []
    assert names(json.dumps({"Type": "Notification", "Message": json.dumps(body)}), URL) == []


def test_inside_an_sns_notification() -> None:
    inner = json.dumps({"Records": [record("landing/acme/slack/ü.zip")]})
    body = {"Type": "Notification", "TopicArn": "arn:aws:sns:…", "Subject": "Amazon S3 Notification", "Message": inner}
    assert names(json.dumps(body), URL) == ["slack/ü.zip"]


@pytest.mark.parametrize(("kind", "expected"), [("Object Created", ["slack/a+b ü.zip"]), ("Object Deleted", [])])
def test_from_eventbridge_keys_are_plain(kind: str, expected: list[str]) -> None:
    detail = {"version": "0", "bucket": {"name": "exports"}, "object": {"key": "landing/acme/slack/a+b ü.zip"}}
    body = {"version": "0", "detail-type": kind, "source": "aws.s3", "detail": detail}
    assert names(json.dumps(body), URL) == expected


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "{}",
        "[]",
        "null",
        '"Records"',
        '{"Records": 7}',
        '{"Records": [{}]}',
        '{"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": 7}, "object": {"key": "x"}}}]}',
        '{"Type": "Notification", "Message": "hello"}',
        '{"Type": "Notification"}',
        '{"detail-type": "Object Created"}',
        "[" * 100_000,
        '{"x":' * 100_000,
        "\ud800",
    ],
)
def test_garbage_is_told_apart(body: str) -> None:
    assert names(body, URL) is None


def test_without_a_prefix_the_whole_bucket_is_the_landing_zone() -> None:
    assert names(json.dumps({"Records": [record("slack/a.zip")]}), S3Url.parse("s3://exports")) == ["slack/a.zip"]


@pytest.mark.parametrize("text", ["s3://", "s3:///prefix", "s3://a b/c", "exports/prefix", "s3://ab"])
def test_a_place_that_is_none(text: str) -> None:
    with pytest.raises(Refused, match="s3://bucket/prefix"):
        S3Url.parse(text)


@pytest.mark.parametrize("text", ["s3://exports/a/b", "s3://exports/a/b/", "s3://exports//a/b"])
def test_places_are_written_in_one_way(text: str) -> None:
    assert str(S3Url.parse(text)) == "s3://exports/a/b"
