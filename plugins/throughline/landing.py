"""The landing zone: list and open exports safely. Nothing here is ever changed or deleted by us.

A zone is a folder (`Folder`) or a prefix of a bucket (`landing_s3.Bucket`); both give the same listing and contents.
`LandingFile` is one export as the ledger knows it: what it is read from, its content hash and the time it was first
seen. Archives are read member by member through `Archive`, which refuses what could hurt (paths outside the archive,
links, encrypted members, bombs) before a byte is inflated.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import stat
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from throughline.packed import Member, Packed
from throughline.source import Refused

MAX_MEMBERS = 1_000_000  # a ten-year export of 2,000 channels has about 700,000 day files
MAX_UNPACKED_BYTES = 200 * 1024**3  # four times the largest workspace export known to us
MAX_MEMBER_BYTES = 8 * 1024**3  # weekly CRM exports split their parts at 512 MB
MAX_RATIO = 200  # JSON and CSV deflate to about 1:10, very repetitive CSV to 1:60; bombs start near 1:1000
RATIO_FROM_BYTES = 10 * 1024**2  # small members may be all blanks; a bomb is not small
DAMAGED = "this part of the archive is damaged (its checksum does not match)"
_DAMAGE = (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, zlib.error)
UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart")
SETTLING_SECONDS = 1.0  # between two looks at a file that changed just now
_END_BYTES = 22  # the end of a ZIP's directory, before the comment
_MANY = 0xFFFF  # the count then stands elsewhere
_BUCKET = re.compile(r"[A-Za-z0-9._-]{3,255}")


class Content(Protocol):
    """Bytes that can be read any number of times, and from any place in them. A `Path` is one."""

    def open(self, mode: Literal["rb"], /) -> BinaryIO: ...


@dataclass(frozen=True)
class LandingFile:
    """One export. name: path below the landing zone; content: what it is read from; seen_at: first seen, UTC."""

    source: str
    name: str
    content: Content
    file_id: str
    size_bytes: int
    seen_at: datetime

    def open(self) -> BinaryIO:
        """The bytes from their beginning, seekable."""
        return self.content.open("rb")


@dataclass(frozen=True)
class Found:
    """One entry of a listing. fingerprint: cheap facts; while they stay the same, the content is not read again."""

    name: str
    size_bytes: int
    fingerprint: str

    @property
    def source(self) -> str:
        """The first folder of the name, "" where it lies in none."""
        return self.name.split("/", 1)[0] if "/" in self.name else ""


class Zone(Protocol):
    """Where exports are dropped: a folder or a bucket."""

    def listing(self, at: datetime) -> list[Found]:
        """Every finished file, by name: <source>/<anything>. Raises Refused when the zone cannot be listed."""

    def content(self, name: str) -> Content:
        """What a file holds now. Raises OSError when it is gone, Unreachable when the zone does not answer."""

    def put(self, path: Path, name: str) -> None:
        """Copy a file into the zone; it is seen there whole or not at all."""


@dataclass(frozen=True)
class S3Url:
    """s3://bucket/prefix, the prefix without slashes at its ends and possibly empty."""

    bucket: str
    prefix: str

    @staticmethod
    def parse(text: str) -> S3Url:
        """Raises Refused."""
        bucket, _, prefix = text.removeprefix("s3://").partition("/")
        if not text.startswith("s3://") or not _BUCKET.fullmatch(bucket):
            raise Refused("is no place in S3", where=text, remedy="write s3://bucket/prefix")
        return S3Url(bucket, prefix.strip("/"))

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def __truediv__(self, name: str) -> S3Url:
        return S3Url(self.bucket, self.key(name))

    def key(self, name: str) -> str:
        """The key of a landing name."""
        return f"{self.prefix}/{name}" if self.prefix else name

    def name(self, key: str) -> str | None:
        """The landing name of a key; None for one that is not below the prefix, or that is no finished file."""
        below = f"{self.prefix}/" if self.prefix else ""
        name = key.removeprefix(below)
        return name if key.startswith(below) and is_finished(name) else None


def zone(place: Path | S3Url) -> Zone:
    """The zone at a place."""
    if isinstance(place, Path):
        return Folder(place)
    from throughline.landing_s3 import Bucket

    return Bucket(place)


def is_finished(name: str) -> bool:
    """Not hidden, not a folder, not a name that copying programs give before they are done."""
    is_hidden = any(part.startswith(".") for part in name.split("/"))
    return bool(name) and not name.endswith("/") and not is_hidden and not name.lower().endswith(UNFINISHED)


def content_hash(content: Content) -> str:
    """sha256, hex."""
    with content.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]  # every binary file will do


@dataclass(frozen=True)
class Folder:
    """A landing zone on disk."""

    root: Path

    def listing(self, at: datetime) -> list[Found]:
        """As of `Zone`. No links. Files that changed just now are looked at twice, and left out if they still grow."""
        found = self._files()
        fresh_ns = int((at.timestamp() - SETTLING_SECONDS) * 1e9)
        if all(modified_ns < fresh_ns for modified_ns in found.values()):
            return list(found)
        time.sleep(SETTLING_SECONDS)
        again = self._files()
        return [one for one in found if one in again]

    def content(self, name: str) -> Content:
        """As of `Zone`."""
        path = self.root / name
        path.lstat()
        return path

    def put(self, path: Path, name: str) -> None:
        """As of `Zone`."""
        target = self.root / name
        draft = target.with_name(f".{target.name}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, draft)
        draft.replace(target)

    def _files(self) -> dict[Found, int]:
        """Found -> modified_ns, by name."""
        found = {}
        for path in sorted(self.root.rglob("*")) if self.root.is_dir() else []:
            name = path.relative_to(self.root).as_posix()
            facts = path.lstat()
            if stat.S_ISREG(facts.st_mode) and is_finished(name):
                one = Found(name, facts.st_size, f"{facts.st_size}-{facts.st_mtime_ns}")
                found[one] = facts.st_mtime_ns
        return found


class Archive:
    """A ZIP read member by member. Raises Refused for anything that is not a harmless, whole archive."""

    def __init__(self, content: Content, name: str) -> None:
        self.name = name
        self._stream = content.open("rb")
        try:
            self._zip = zipfile.ZipFile(self._stream)
            if self._declared() not in (len(self._zip.infolist()), _MANY):
                raise ValueError("entries of the directory run into each other")
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            self._stream.close()
            raise Refused(
                "not a whole ZIP archive (its directory cannot be read)",
                where=name,
                remedy="it may have been cut off while copying: copy or export it again",
            ) from None
        infos: dict[str, zipfile.ZipInfo] = {}
        self._unclear: set[str] = set()  # names of two members that differ: which one is meant?
        for info in self._zip.infolist():
            path = self._real_name(info)
            if not path.endswith("/") and infos.setdefault(path, info).CRC != info.CRC:
                self._unclear.add(path)
        try:
            self._check(infos)
        except Refused:
            self.__exit__()
            raise
        self._members = {name: Member.of(info) for name, info in infos.items()}
        self._zip.filelist.clear()
        self._zip.NameToInfo.clear()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
        self._stream.close()

    def members(self) -> list[str]:
        """Names of the files inside, in the archive's order, without operating-system droppings."""
        return [
            name
            for name in self._members
            if not name.startswith("__MACOSX/") and not name.rpartition("/")[2].startswith(("._", ".DS_Store"))
        ]

    def read(self, member: str) -> bytes:
        """One member, whole. Raises Refused when it is damaged."""
        try:
            return self.packed(member).inflate()
        except _DAMAGE:
            raise self._damaged(member) from None

    def packed(self, member: str) -> Packed:
        """One member as it lies in the archive, to be inflated elsewhere. Raises Refused when it is damaged."""
        found = self._member(member)
        try:
            if found.method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                return Packed.read(self._stream, found)
            return Packed(self._zip.read(found.info()), False, found.size_bytes, found.checksum)
        except _DAMAGE:
            raise self._damaged(member) from None

    def size_bytes(self, member: str) -> int:
        """Of the content, as the directory declares it."""
        return self._members[member].size_bytes

    def chunks(self, member: str, size_bytes: int = 1 << 20) -> Iterator[bytes]:
        """One member in pieces. Raises Refused when it is damaged."""
        found = self._member(member)
        try:
            with self._zip.open(found.info()) as stream:
                while piece := stream.read(size_bytes):
                    yield piece
        except _DAMAGE:
            raise self._damaged(member) from None

    def _member(self, member: str) -> Member:
        """Raises Refused where two that differ bear the name; attached files, which nobody reads, often do."""
        if member in self._unclear:
            where = f"{self.name} » {member}"
            raise Refused("two members bear one name and differ", where=where, remedy="pack it again from a folder")
        return self._members[member]

    def _damaged(self, member: str) -> Refused:
        return Refused(DAMAGED, where=f"{self.name} » {member}", remedy="export it again")

    def _declared(self) -> int:
        """How many entries the end of the directory declares, which zipfile does not compare with what it found."""
        size = self._stream.seek(0, os.SEEK_END)
        self._stream.seek(max(0, size - _END_BYTES - _MANY))  # a comment, or padding, may follow
        tail = self._stream.read()
        at = tail.rindex(b"PK\x05\x06")
        return int.from_bytes(tail[at + 10 : at + 12], "little")

    @staticmethod
    def _real_name(info: zipfile.ZipInfo) -> str:
        """With slashes, as some programs of Windows do not write them. The guess of code page 437 is undone where the
        UTF-8 flag is missing but the bytes are UTF-8."""
        name = info.filename
        if not (info.flag_bits & 0x800 or name.isascii()):
            with contextlib.suppress(UnicodeEncodeError, UnicodeDecodeError):
                name = name.encode("cp437").decode("utf-8")
        return name.replace("\\", "/")

    def _check(self, members: Mapping[str, zipfile.ZipInfo]) -> None:
        if len(members) > MAX_MEMBERS:
            raise self._hostile(f"{len(members):,} members, more than {MAX_MEMBERS:,}")
        total = 0
        for name, info in members.items():
            first, *others = name.split("/")
            if first in ("", "..") or first.endswith(":") or ".." in others:
                raise self._hostile("a member points outside the archive")
            if stat.S_ISLNK(info.external_attr >> 16):
                raise self._hostile("a member is a link")
            if info.flag_bits & 0x1:
                raise Refused("the archive is encrypted", where=self.name, remedy="land it without a password")
            total += info.file_size
            ratio = info.file_size / max(info.compress_size, 1)
            if info.file_size > MAX_MEMBER_BYTES or (info.file_size > RATIO_FROM_BYTES and ratio > MAX_RATIO):
                raise self._hostile(f"a member unpacks to {info.file_size:,} bytes, {ratio:,.0f} times its size")
        if total > MAX_UNPACKED_BYTES:
            raise self._hostile(f"it unpacks to {total:,} bytes")

    def _hostile(self, what: str) -> Refused:
        return Refused(what, where=self.name, remedy="it is not opened; check where this archive comes from")
