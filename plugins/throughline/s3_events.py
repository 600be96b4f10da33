"""S3's messages on a queue -> the landing names that they tell of.

Taken: S3's own events, also inside an SNS notification, and EventBridge's "Object Created"; one message may hold many.
Keys of S3's own events are URL-encoded, EventBridge's are not. `s3:TestEvent`, other kinds of event, other buckets and
prefixes tell of nothing. A message is a hint and no more: nobody fetches what it names, so a forged one is harmless.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote_plus

import msgspec

from throughline.landing import S3Url

_ARRIVED: Final = ("ObjectCreated:", "s3:ObjectCreated:", "ObjectRestore:Completed", "s3:ObjectRestore:Completed")
_BRIDGED: Final = ("Object Created", "Object Restore Completed")


class _Bucket(msgspec.Struct):
    name: str


class _Object(msgspec.Struct):
    key: str


class _Place(msgspec.Struct):
    bucket: _Bucket
    object: _Object


class _Record(msgspec.Struct, rename={"event": "eventName"}):
    event: str
    s3: _Place


class _Message(msgspec.Struct, rename={"records": "Records", "event": "Event", "inner": "Message", "kind": "Type"}):
    records: list[_Record] = []
    event: str = ""  # of S3 itself: s3:TestEvent
    kind: str = ""  # of SNS: Notification
    inner: str = ""
    bridged: str = msgspec.field(default="", name="detail-type")
    detail: msgspec.Raw = msgspec.Raw(b"null")


_DECODER: Final = msgspec.json.Decoder(_Message)
_DETAIL: Final = msgspec.json.Decoder(_Place)


def names(body: str, url: S3Url) -> list[str] | None:
    """The exports below `url` that arrived, in the message's order; None for what is no message of S3."""
    try:
        message = _DECODER.decode(body)
        if message.kind == "Notification":
            message = _DECODER.decode(message.inner)
        if message.bridged in _BRIDGED:
            place = _DETAIL.decode(message.detail)
            arrived = [(place.bucket.name, place.object.key)]
        else:
            arrived = [
                (record.s3.bucket.name, unquote_plus(record.s3.object.key))
                for record in message.records
                if record.event.startswith(_ARRIVED)
            ]
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
    if not (message.records or message.event or message.bridged):
        return None
    found = (url.name(key) for bucket, key in arrived if bucket == url.bucket)
    return [name for name in found if name]
