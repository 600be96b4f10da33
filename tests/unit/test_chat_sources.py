"""All sources of collaboration tools alike: in the lake no identifier is plain, rows balance, memory stays flat."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.fixtures.bson import document
from tests.fixtures.golden import PEOPLE, original
from tests.fixtures.parsed import SEEN_AT, zipped
from throughline import lake
from throughline.landing import LandingFile
from throughline.source import Batch, Source
from throughline.sources import google_chat, mattermost, rocketchat, slack_analytics

AT = 1_700_000_000_000
SOURCES = {module.SOURCE.name: module.SOURCE for module in (google_chat, mattermost, rocketchat, slack_analytics)}


def landing(source: Source, path: Path) -> LandingFile:
    return LandingFile(source.name, f"{source.name}/{path.name}", path, "f" * 64, path.stat().st_size, SEEN_AT)


def golden(name: str, folder: Path) -> Path:
    """The hand-written export of a source, in the form in which its tool gives it."""
    files = original(name)
    match name:
        case "google_chat":
            return zipped(folder / "takeout.zip", files)
        case "rocketchat":
            dump = {f"{Path(file).stem}.bson": b"".join(map(document, json.loads(files[file]))) for file in files}
            return zipped(folder / "dump.zip", dump)
    path = folder / ("import.jsonl" if name == "mattermost" else "members.json")
    path.write_bytes(b"".join(files.values()))
    return path


@pytest.mark.parametrize("name", SOURCES)
def test_in_the_lake_no_identifier_is_plain_and_rows_balance(tmp_path: Path, name: str) -> None:
    source, path = SOURCES[name], golden(name, tmp_path)
    landed = lake.land(tmp_path / "lake", source, landing(source, path), PEOPLE)
    assert landed.rows_in == landed.rows_loaded + landed.rows_rejected + landed.rows_duplicate
    assert landed.rows_loaded > 0
    assert (landed.rows_rejected, landed.rows_duplicate, landed.damaged) == (0, 0, [])
    for table, parquet in landed.parquet.items():
        rows = pq.read_table(parquet).to_pylist()
        assert rows
        assert "original" not in json.dumps(rows, default=str).lower(), table
        for column in source.table(table).people:
            assert all(row[column] is None or len(row[column]) == 32 for row in rows), (table, column)


@pytest.mark.parametrize("name", SOURCES)
def test_landing_again_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    source, path = SOURCES[name], golden(name, tmp_path)
    times = [lake.land(tmp_path / at, source, landing(source, path), PEOPLE).parquet for at in ("one", "two")]
    first, second = ({table: path.read_bytes() for table, path in parquet.items()} for parquet in times)
    assert first == second


def bulk(count: int) -> bytes:
    post = {"team": "acme", "channel": "general", "user": "ada", "message": "Hello @bo " * 20}
    posts = (json.dumps({"type": "post", "post": post | {"create_at": AT + at}}) for at in range(count))
    return "\n".join(('{"type":"version","version":1}', *posts)).encode()


def compliance(count: int) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Post Creation Time", "Channel Id", "Username", "Post Id", "Post Message", "Post Type"])
    writer.writerows([AT + at, "c1", "ada", f"p{at}", "Hello @bo " * 20, "message"] for at in range(count))
    return out.getvalue().encode()


def actiance(count: int) -> bytes:
    said = "<Message><LoginName>a@b</LoginName><DateTimeUTC>{}</DateTimeUTC><Content>{}</Content></Message>"
    messages = "".join(said.format(AT + at, "Hello @bo " * 20) for at in range(count))
    room = "<RoomID>public - general - c1</RoomID>"
    return f"<FileDump><Conversation>{room}{messages}</Conversation></FileDump>".encode()


def analytics(count: int) -> bytes:
    rows = ({"date": "2026-03-01", "user_id": f"U{at}", "is_active": True, "pad": "x" * 200} for at in range(count))
    return "\n".join(map(json.dumps, rows)).encode()


@pytest.mark.parametrize(
    ("name", "file", "write"),
    [
        ("mattermost", "import.jsonl", bulk),
        ("mattermost", "posts.csv", compliance),
        ("mattermost", "actiance_export.xml", actiance),
        ("slack_analytics", "members.json", analytics),
    ],
)
def test_memory_does_not_grow_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, file: str, write: Callable[[int], bytes]
) -> None:
    monkeypatch.setattr("throughline.reading.rows.BATCH_ROWS", 200)
    monkeypatch.setattr("throughline.reading.lines.CHUNK_BYTES", 1 << 14)
    peaks = {}
    for count in (600, 600, 2_400):  # once to load caches and code
        path = tmp_path / file
        path.write_bytes(write(count))
        arrow = pa.total_allocated_bytes()
        tracemalloc.start()
        parts = (part for part in SOURCES[name].parse(landing(SOURCES[name], path)) if isinstance(part, Batch))
        taken = sum(part.records.num_rows for part in parts if part.table in ("messages", "activity"))
        peaks[count] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert taken == count
        assert pa.total_allocated_bytes() <= arrow
    assert peaks[2_400] < peaks[600] * 1.3, peaks  # the file is four times as long
