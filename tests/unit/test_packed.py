"""Members of a ZIP inflated by themselves: exactly what the directory declares, or nothing."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from throughline.landing import Archive
from throughline.packed import Packed
from throughline.source import Refused

TEXT = b"".join(b"line %d, and what was said\n" % number for number in range(5_000))


def packed(path: Path, method: int = zipfile.ZIP_DEFLATED, name: str = "a.json") -> Packed:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("first.json", b"[]")
        archive.writestr(name, TEXT)
    with Archive(path, path.name) as archive:
        assert archive.size_bytes(name) == len(TEXT)
        return archive.packed(name)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("name", ["a.json", "größe/日.json"])
def test_every_method_and_name_gives_the_content(tmp_path: Path, method: int, name: str) -> None:
    assert packed(tmp_path / "x.zip", method, name).inflate() == TEXT


def test_content_that_goes_on_beyond_its_declared_size_is_not_inflated_further(tmp_path: Path) -> None:
    one = packed(tmp_path / "x.zip")
    bomb = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    content = bomb.compress(b" " * (64 << 20)) + bomb.flush()
    lying = replace(one, content=content)
    assert len(lying._inflated()) == len(TEXT) + 1
    with pytest.raises(zipfile.BadZipFile):
        lying.inflate()


@pytest.mark.parametrize(
    "changes",
    [{"content": b""}, {"content": b"\xff" * 40}, {"checksum": 1}, {"size_bytes": 10}, {"size_bytes": len(TEXT) + 1}],
)
def test_what_is_not_as_declared_is_damaged(tmp_path: Path, changes: dict[str, int | bytes]) -> None:
    one = packed(tmp_path / "x.zip")
    with pytest.raises(zipfile.BadZipFile):
        replace(one, **changes).inflate()
    with pytest.raises(zipfile.BadZipFile):
        replace(one, content=one.content[:-40]).inflate()


@pytest.mark.parametrize("damage", [(b"PK\x03\x04", b"PK\x03\x00"), (b"a.json", b"b.json")])
def test_a_member_that_is_not_where_the_directory_says_is_refused(tmp_path: Path, damage: tuple[bytes, bytes]) -> None:
    packed(tmp_path / "x.zip")
    content = (tmp_path / "x.zip").read_bytes()
    second = content.index(b"PK\x03\x04", 1)
    (tmp_path / "x.zip").write_bytes(content[:second] + content[second:].replace(*damage, 1))
    with Archive(tmp_path / "x.zip", "x.zip") as archive:
        assert archive.read("first.json") == b"[]"
        with pytest.raises(Refused, match=r"x\.zip » a\.json: this part of the archive is damaged"):
            archive.read("a.json")
