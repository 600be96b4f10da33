"""The landing zone: what is listed, and what an archive may not do."""

from __future__ import annotations

import os
import stat
import zipfile
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest

from throughline import landing
from throughline.landing import Archive
from throughline.source import Refused


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_listing_takes_finished_files_only(tmp_path: Path, at: datetime) -> None:
    (tmp_path / "slack").mkdir()
    for name in ("a.zip", "b.zip.part", ".hidden.zip", "c.tmp"):
        (tmp_path / "slack" / name).write_bytes(b"x")
    (tmp_path / "slack" / "link.zip").symlink_to(tmp_path / "slack" / "a.zip")
    (tmp_path / "stray.zip").write_bytes(b"x")
    found = landing.Folder(tmp_path).listing(at)
    assert [(f.source, f.name) for f in found] == [("slack", "slack/a.zip"), ("", "stray.zip")]


def test_listing_of_a_missing_folder_is_empty(tmp_path: Path, at: datetime) -> None:
    assert landing.Folder(tmp_path / "nowhere").listing(at) == []


def test_members_without_droppings_and_with_their_real_names(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"__MACOSX/a": b"", "a/.DS_Store": b"", "a/b.json": b"[]"})
    raw = zipfile.ZipInfo("チャネル/2023-01-27.json".encode().decode("cp437"))
    raw.flag_bits = 0
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(raw, b"[]")
    # the library sets the UTF-8 flag for such a name, old exporters do not: clear it in both headers
    content = path.read_bytes().replace(raw.filename.encode(), "チャネル/2023-01-27.json".encode())
    assert content  # the bytes are built for the next test; the name itself is checked on a plain value
    info = zipfile.ZipInfo("チャネル".encode().decode("cp437"))
    info.flag_bits = 0
    assert Archive._real_name(info) == "チャネル"
    with Archive(path, "x.zip") as archive:
        assert "a/b.json" in archive.members()
        assert not any("MACOSX" in m or "DS_Store" in m for m in archive.members())


@pytest.mark.parametrize("member", ["../outside.json", "/etc/passwd", "a/../../b", "C:/x.json", "..\\x.json"])
def test_a_path_outside_the_archive_is_refused(tmp_path: Path, member: str) -> None:
    with pytest.raises(Refused, match="points outside"):
        Archive(make_zip(tmp_path / "x.zip", {member: b"[]"}), "x.zip")


@pytest.mark.parametrize(("second", "is_refused"), [(b"[1]", True), (b"[]", False)])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_differs_from_another_of_its_name_is_not_read(
    tmp_path: Path, second: bytes, *, is_refused: bool
) -> None:
    path = make_zip(tmp_path / "x.zip", {"a/b.json": b"[]"})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("a/b.json", second)
        archive.writestr("a/photo.png", b"1")
        archive.writestr("a/photo.png", b"2")
    with Archive(path, "x.zip") as opened:
        assert opened.members() == ["a/b.json", "a/photo.png"]
        for read in (opened.read, opened.packed, lambda member: next(opened.chunks(member))):
            with pytest.raises(Refused, match="two members bear one name") if is_refused else nullcontext():
                read("a/b.json")


def test_a_link_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("users.json")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(Refused, match="is a link"):
        Archive(tmp_path / "x.zip", "x.zip")


def test_a_bomb_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="times its size"):
        Archive(make_zip(tmp_path / "x.zip", {"users.json": b" " * (landing.RATIO_FROM_BYTES + 1)}), "x.zip")


def test_just_below_the_bomb_threshold_is_read(tmp_path: Path) -> None:
    with Archive(make_zip(tmp_path / "x.zip", {"users.json": b" " * landing.RATIO_FROM_BYTES}), "x.zip") as archive:
        assert len(archive.read("users.json")) == landing.RATIO_FROM_BYTES


@pytest.mark.parametrize("keep", [0.5, 0.99])
def test_a_truncated_archive_is_refused(tmp_path: Path, keep: float) -> None:
    whole = make_zip(tmp_path / "x.zip", {f"{n}.json": bytes(range(256)) * 50 for n in range(20)}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(Refused, match=r"cut\.zip: not a whole ZIP archive.*copy or export it again"):
        Archive(tmp_path / "cut.zip", "cut.zip")


def test_a_damaged_member_is_named(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"users.json": bytes(range(256)) * 40})
    content = bytearray(path.read_bytes())
    content[80:90] = b"\0" * 10
    path.write_bytes(content)
    with Archive(path, "x.zip") as archive, pytest.raises(Refused, match=r"users\.json: this part of the archive"):
        archive.read("users.json")


def test_a_file_that_still_grows_is_left_out(tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slack").mkdir()
    growing = tmp_path / "slack" / "growing.zip"
    for path in (growing, tmp_path / "slack" / "whole.zip"):
        path.write_bytes(b"x")
    monkeypatch.setattr(landing.time, "sleep", lambda _: growing.write_bytes(b"xx"))
    assert [one.name for one in landing.Folder(tmp_path).listing(at)] == ["slack/whole.zip"]


def test_the_fingerprint_tells_another_content_of_the_same_length(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    later = datetime(2096, 1, 1, tzinfo=UTC)
    before = landing.Folder(tmp_path).listing(later)
    os.utime(tmp_path / "a", ns=(1, 1))
    assert landing.Folder(tmp_path).listing(later) != before


def test_a_directory_whose_entries_run_into_each_other_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {f"{number}.json": b"[]" for number in range(3)})
    content = bytearray(path.read_bytes())
    first = content.index(b"PK\x01\x02")
    entry = content.index(b"PK\x01\x02", first + 1) - first
    content[first + 28] += entry  # the first name now swallows the second entry
    path.write_bytes(content)
    with pytest.raises(Refused, match="directory cannot be read"):
        Archive(path, "x.zip")


@pytest.mark.parametrize("comment", [b"", b"made by hand"])
@pytest.mark.parametrize("padding", [b"", b"\0" * 100])
def test_a_comment_or_padding_after_the_directory_does_no_harm(tmp_path: Path, comment: bytes, padding: bytes) -> None:
    path = make_zip(tmp_path / "x.zip", {"a.json": b"[]"})
    with zipfile.ZipFile(path, "a") as written:
        written.comment = comment
    path.write_bytes(path.read_bytes() + padding)
    with Archive(path, "x.zip") as archive:
        assert archive.members() == ["a.json"]
