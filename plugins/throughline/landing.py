"""The landing zone: list and open exports safely. Nothing here is ever changed or deleted by us.

`LandingFile` is one export as the ledger knows it: a local path for reading, its content hash and the
time it was first seen. Archives are read member by member through `Archive`, which refuses what could
hurt (paths outside the archive, links, encrypted members, bombs) before a byte is inflated.
"""

from __future__ import annotations

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from throughline.source import Refused

MAX_MEMBERS = 1_000_000  # a ten-year export of 2,000 channels has about 700,000 day files
MAX_UNPACKED_BYTES = 200 * 1024**3  # four times the largest workspace export known to us
MAX_MEMBER_BYTES = 8 * 1024**3  # weekly CRM exports split their parts at 512 MB
MAX_RATIO = 200  # JSON and CSV deflate to about 1:10, very repetitive CSV to 1:60; bombs start near 1:1000
RATIO_FROM_BYTES = 10 * 1024**2  # small members may be all blanks; a bomb is not small
_DAMAGE = (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, zlib.error)
UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart")


@dataclass(frozen=True)
class LandingFile:
    """One export. name: path below the landing zone; path: where it can be read; seen_at: first seen, UTC."""

    source: str
    name: str
    path: Path
    file_id: str
    size_bytes: int
    seen_at: datetime


@dataclass(frozen=True)
class Found:
    """One entry of a listing: cheap facts only, the content is not read."""

    source: str
    name: str
    path: Path
    size_bytes: int
    modified_ns: int


def listing(root: Path) -> list[Found]:
    """Every finished file below the landing zone, by name: <source>/<anything>. No links, no hidden files."""
    found = []
    for path in sorted(root.rglob("*")) if root.is_dir() else []:
        relative = path.relative_to(root)
        if any(part.startswith(".") for part in relative.parts) or path.suffix.lower() in UNFINISHED:
            continue
        facts = path.lstat()
        if not stat.S_ISREG(facts.st_mode):
            continue
        source = relative.parts[0] if len(relative.parts) > 1 else ""
        found.append(Found(source, relative.as_posix(), path, facts.st_size, facts.st_mtime_ns))
    return found


def content_hash(path: Path) -> str:
    """sha256 of the content, hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Archive:
    """A ZIP read member by member. Raises Refused for anything that is not a harmless, whole archive."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise Refused(
                "not a whole ZIP archive (its directory cannot be read)",
                where=name,
                remedy="it may have been cut off while copying: copy or export it again",
            ) from None
        self._members = {self._real_name(info): info for info in self._zip.infolist() if not info.is_dir()}
        self._check()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def members(self) -> list[str]:
        """Names of the files inside, in the archive's order, without operating-system droppings."""
        return [m for m in self._members if not m.startswith("__MACOSX/") and PurePosixPath(m).name != ".DS_Store"]

    def read(self, member: str) -> bytes:
        """One member, whole. Raises Refused when it is damaged."""
        try:
            return self._zip.read(self._members[member])
        except _DAMAGE:
            raise self._damaged(member) from None

    def chunks(self, member: str, size_bytes: int = 1 << 20) -> Iterator[bytes]:
        """One member in pieces. Raises Refused when it is damaged."""
        try:
            with self._zip.open(self._members[member]) as stream:
                while piece := stream.read(size_bytes):
                    yield piece
        except _DAMAGE:
            raise self._damaged(member) from None

    def _damaged(self, member: str) -> Refused:
        return Refused(
            "this part of the archive is damaged (its checksum does not match)",
            where=f"{self.name} » {member}",
            remedy="export it again",
        )

    @staticmethod
    def _real_name(info: zipfile.ZipInfo) -> str:
        """Undo the guess of code page 437 where the UTF-8 flag is missing but the bytes are UTF-8."""
        if info.flag_bits & 0x800:
            return info.filename
        try:
            return info.filename.encode("cp437").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            return info.filename

    def _check(self) -> None:
        if len(self._members) > MAX_MEMBERS:
            raise self._hostile(f"{len(self._members):,} members, more than {MAX_MEMBERS:,}")
        total = 0
        for name, info in self._members.items():
            path = PurePosixPath(name.replace("\\", "/"))
            if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
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
