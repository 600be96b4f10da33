"""Damage of every kind to every part of every export: a parser may refuse, in one sentence, or take what is whole and
account for the rest. It may not crash, hang, hold much in memory, or load half of a file that it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.fixtures import worst
from tests.fixtures.damage import damaged
from tests.fixtures.exports import ALL, Export
from tests.fixtures.golden import PEOPLE
from throughline import lake
from throughline.source import Batch, Columns, Damaged, Parsed, Refused, Rejected

PROJECT = Path(__file__).resolve().parents[2]
SECONDS = 3.0  # of the processor, for some kilobytes
MEGABYTES, SECONDS_WORST = 400, 20.0  # of 32 MB in cells of 1 MB, or 100,000 members, beside what the program takes


def spoilt(export: Export) -> list[tuple[str, str, bytes]]:
    """Kind, member and content of each damaged copy; of an archive also with the archive itself damaged, and with a
    member under a name that says nothing."""
    found = [
        (kind, member, export.packed({**export.members, member: copy}))
        for member, content in export.members.items()
        for kind, copy in damaged(content)
    ]
    if len(export.members) > 1 or export.name.endswith((".zip", ".gz")):
        found += [
            (kind, "", copy) for kind, copy in damaged(export.packed(export.members)) if kind in ("cut off", "bits")
        ]
    if export.name.endswith(".zip"):
        found += [("renamed", "", renamed(export, member)) for member in export.members]
    return found


def renamed(export: Export, member: str) -> bytes:
    return export.packed({f"{name}x" if name == member else name: kept for name, kept in export.members.items()})


@pytest.mark.parametrize("export", ALL, ids=lambda export: f"{export.source.name}/{export.name}")
def test_a_parser_survives(export: Export, tmp_path: Path) -> None:
    whole = list(export.source.parse(export.landing(export.packed(export.members), tmp_path)))  # undamaged it is taken
    for kind, member, content in spoilt(export):
        file = export.landing(content, tmp_path)
        began = time.process_time()
        found: list[Parsed | Refused] = []
        try:
            found += export.source.parse(file)
        except Refused as refused:
            found = [refused]
            assert refused.what and refused.where and "\n" not in refused.sentence, (kind, member)
        assert time.process_time() - began < SECONDS, (kind, member)
        assert all(p.place and p.reason for p in found if isinstance(p, (Rejected, Damaged))), (kind, member)
        if kind == "cut off" and member.endswith(".json"):
            assert findings(found), f"{member}: a JSON text that is cut off is no JSON text"
        if not member and findings(found) == findings(whole):  # nothing is left out without a word
            assert rows(found) == rows(whole), kind


@pytest.mark.parametrize(
    "export",
    [export for export in ALL if export.name.endswith(".zip")],
    ids=lambda export: f"{export.source.name}/{export.name}",
)
def test_an_archive_of_windows_or_macos_holds_what_it_holds_elsewhere(export: Export, tmp_path: Path) -> None:
    def taken(members: dict[str, bytes]) -> list[Parsed]:
        return list(export.source.parse(export.landing(export.packed(members), tmp_path)))

    inside = {f"My export/{name}": content for name, content in export.members.items()}
    windows = {name.replace("/", "\\"): content for name, content in {"My export/": b"", **inside}.items()}
    assert taken(windows) == taken(inside)
    beside = {f"My export/._{name.rpartition('/')[2]}": b"\x00\x05\x16\x07" for name in inside}  # as macOS leaves them
    assert taken(inside | beside) == taken(inside)


def findings(found: Sequence[Parsed | Refused]) -> list[Parsed | Refused]:
    """All but rows."""
    return [part for part in found if not isinstance(part, (Batch, Columns))]


def rows(found: Sequence[Parsed | Refused]) -> int:
    return sum(part.records.num_rows for part in found if isinstance(part, Batch))


@pytest.mark.parametrize("name", sorted({export.source.name for export in ALL}))
def test_what_is_refused_leaves_nothing_and_the_rest_adds_up(name: str, tmp_path: Path) -> None:
    kinds: dict[str, list[tuple[Export, bytes]]] = {}
    for export in (export for export in ALL if export.source.name == name):
        for kind, _, content in spoilt(export):
            kinds.setdefault(kind, []).append((export, content))
    refused = 0
    for number, (export, content) in enumerate(found[len(found) // 2] for found in kinds.values()):
        file = export.landing(content, tmp_path, number)
        try:
            landed = lake.land(tmp_path / "lake", export.source, file, PEOPLE)
        except Refused as refusal:
            assert "while parsing" not in refusal.what, refusal.sentence
            assert not list((tmp_path / "lake").rglob(f"{file.file_id}*"))
            refused += 1
        else:
            assert landed.rows_in == landed.rows_loaded + landed.rows_rejected + landed.rows_duplicate
            refused += len(landed.damaged)
    assert refused


def test_the_worst_files_stay_within_memory_and_time(tmp_path: Path) -> None:
    """In a process of its own, whose peak of memory nothing else has raised."""
    worst.write(tmp_path)
    command = [sys.executable, "-m", "tests.fixtures.worst", str(tmp_path)]
    paths = {"PYTHONPATH": f"{PROJECT}:{PROJECT / 'plugins'}"}
    done = subprocess.run(  # its failure is shown below
        command, check=False, cwd=PROJECT, env=os.environ | paths, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-500:]
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len({one["file"].split("/")[0] for one in told if one["file"].endswith(worst.ARCHIVE)}) == 9
    assert [one for one in told if one["megabytes"] > MEGABYTES or one["seconds"] > SECONDS_WORST] == []
    of_cells = [one["loaded"] for one in told if one["file"].split("/")[1][:2] in ("00", "01", "02", "03")]
    assert len(of_cells) == 4
    assert min(of_cells) >= worst.CELLS
