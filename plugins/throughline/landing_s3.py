"""A landing zone in S3, or in anything that speaks like it: `<prefix>/<source>/<name>`.

Objects are read by range, through blocks that grow while reading goes on in order: the directory of an archive costs
one small request, a whole file few large ones, and nothing is copied to disk. All reads of one object name the ETag
that was found first, so that an export which is replaced meanwhile is noticed and never read half and half. An object
appears whole or not at all, so nothing has to settle. The content is known by its own hash: an ETag is none for uploads
in parts, and serves here, with size and time, only to tell that a file need not be read again.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal

from throughline import aws
from throughline.landing import Found, S3Url
from throughline.source import Forbidden, Refused, Unreachable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FIRST_BLOCK_BYTES: Final = 256 * 1024  # the directory of an archive of 3,000 members
LARGEST_BLOCK_BYTES: Final = 8 * 1024**2
CACHE_BYTES: Final = 32 * 1024**2  # of one object: a small export is fetched once, hashed and parsed from here
TRIES: Final = 3  # of one block whose transfer breaks off; requests that fail are repeated by the library
_GONE: Final = ("404", "NoSuchKey", "NotFound")
_CHANGED: Final = ("412", "PreconditionFailed", "416", "InvalidRange")
_FORBIDDEN: Final = ("403", "AccessDenied", "InvalidObjectState")


@dataclass(frozen=True)
class Bucket:
    """The landing zone below one prefix."""

    url: S3Url

    @cached_property
    def _client(self) -> Any:
        return aws.client("s3")

    def listing(self, at: datetime) -> list[Found]:
        """As of `Zone`; `at` is not needed. No "directories"."""
        below = f"{self.url.prefix}/" if self.url.prefix else ""
        found = []
        with aws.sentences(str(self.url), Refused):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.url.bucket, Prefix=below)
            for one in (one for page in pages for one in page.get("Contents", ())):
                if name := self.url.name(one["Key"]):
                    fingerprint = f"{one['ETag']}-{one['Size']}-{one['LastModified']:%Y%m%dT%H%M%S.%f}"
                    found.append(Found(name, one["Size"], fingerprint))
        return sorted(found, key=lambda one: one.name)

    def content(self, name: str) -> S3Object:
        """As of `Zone`."""
        key = self.url.key(name)
        try:
            with _reading(name):
                head = self._client.head_object(Bucket=self.url.bucket, Key=key)
        except _Gone:
            raise FileNotFoundError(name) from None
        return S3Object(self._client, self.url.bucket, key, name, head["ETag"], head["ContentLength"])

    def put(self, path: Path, name: str) -> None:
        """As of `Zone`. In parts where it is large; raises Refused."""
        with aws.sentences(str(self.url / name), Refused):
            self._client.upload_file(str(path), self.url.bucket, self.url.key(name))


@dataclass(frozen=True)
class S3Object:
    """One state of an object, as `Content`."""

    client: Any
    bucket: str
    key: str
    name: str
    etag: str
    size_bytes: int
    _blocks: deque[tuple[int, bytes]] = field(default_factory=deque, init=False, repr=False, compare=False)

    def open(self, mode: Literal["rb"], /) -> BinaryIO:
        """The bytes from their beginning, seekable; nothing is fetched yet."""
        return io.BufferedReader(_Blocks(self))

    def block(self, at: int, size_bytes: int) -> tuple[int, bytes]:
        """(where it starts, its bytes): a block that holds the byte `at`; when it must be fetched, it starts there."""
        for start, data in reversed(self._blocks):
            if start <= at < start + len(data):
                return start, data
        fetched = at, self._fetch(at, min(at + size_bytes, self.size_bytes))
        self._blocks.append(fetched)
        while sum(len(data) for _, data in self._blocks) > CACHE_BYTES:
            self._blocks.popleft()
        return fetched

    def _fetch(self, start: int, until: int) -> bytes:
        from botocore.exceptions import FlexibleChecksumError, HTTPClientError, IncompleteReadError

        span = f"bytes={start}-{until - 1}"
        with _reading(self.name):
            for left in reversed(range(TRIES)):
                answer = self.client.get_object(Bucket=self.bucket, Key=self.key, Range=span, IfMatch=self.etag)
                try:
                    with closing(answer["Body"]) as body:  # its own context manager gives the bare, unchecked stream
                        data: bytes = body.read()
                except (HTTPClientError, IncompleteReadError, FlexibleChecksumError):
                    if not left:
                        raise
                else:
                    break
        if len(data) != until - start:
            raise Unreachable("the endpoint does not give the range asked for", where=self.name)
        return data


class _Blocks(io.RawIOBase):
    """An object as a stream."""

    def __init__(self, source: S3Object) -> None:
        self._source, self._at = source, 0
        self._start, self._data = 0, b""  # the block that is being read
        self._size_bytes = FIRST_BLOCK_BYTES  # how large the next one will be

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size_bytes}[whence]
        if origin + offset < 0:
            raise ValueError("before the beginning")  # as a file on disk answers, which `zipfile` counts on
        self._at = origin + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if self._at >= self._source.size_bytes or not view:
            return 0
        if not self._start <= self._at < self._start + len(self._data):
            self._next()
        piece = memoryview(self._data)[self._at - self._start :][: len(view)]
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _next(self) -> None:
        """Twice as large a block while reading goes on where the last one ended, a small one after a jump."""
        ahead = self._at - self._start - len(self._data)
        follows = bool(self._data) and 0 <= ahead < self._size_bytes
        self._size_bytes = min(self._size_bytes * 2, LARGEST_BLOCK_BYTES) if follows else FIRST_BLOCK_BYTES
        last = max(0, self._source.size_bytes - FIRST_BLOCK_BYTES)
        start = self._at if follows else min(self._at, last)  # the end is read whole: directories lie there
        self._start, self._data = self._source.block(start, self._size_bytes)


class _Gone(Refused):
    """There is no such object."""


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """What reading one object may end in. Raises _Gone, Refused when it changed, Forbidden, Unreachable."""
    try:
        yield
    except aws.faults() as error:
        what, remedy = aws.explained(error)
        answer = aws.code(error)
        if answer in _GONE:
            raise _Gone("is no longer in the landing zone", where=name, remedy="drop it again") from None
        if answer in _CHANGED:
            remedy = "its new content is taken by itself"
            raise Refused("changed while it was waiting", where=name, remedy=remedy) from None
        raise (Forbidden if answer in _FORBIDDEN else Unreachable)(what, where=name, remedy=remedy) from None
