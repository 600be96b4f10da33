"""What sources of nested records do with a field that nobody knew of: its name is told, its value is nowhere, and the
rows are the same. Golden exports and real ones hold no such field.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.fixtures import golden
from tests.fixtures.bson import document
from tests.fixtures.parsed import parsed, zipped
from tests.fixtures.samples import sample
from throughline import lake
from throughline.landing import LandingFile
from throughline.sources import SOURCES

FIELD, VALUE = "shoe_size", "forty-three"
# source -> table -> how a new field of each kind of record is called
TOLD: dict[str, dict[str, set[str]]] = {
    "slack": {name: {FIELD} for name in ("messages", "channels", "users")},
    "teams": {
        "messages": {FIELD},
        "accounts": {FIELD},
        "spaces": {f"channel.{FIELD}", f"team.{FIELD}"},
    },
    "mattermost": {
        "messages": {f"post.{FIELD}", f"direct_post.{FIELD}"},
        "spaces": {f"channel.{FIELD}", f"direct_channel.{FIELD}"},
        "accounts": {f"user.{FIELD}", f"bot.{FIELD}"},
    },
    "google_chat": {"messages": {FIELD}, "spaces": {FIELD}},
    "rocketchat": {name: {FIELD} for name in ("messages", "spaces", "accounts")},
}
REAL = [
    "mattermost/zulip+zulip/export.jsonl",
    "mattermost/zulip+zulip/guestExport.jsonl",
    "rocketchat/zulip+zulip/rocketchat_bson_dump.zip",
    "slack/hfaran+slack-export-viewer/export.zip",
    "slack/houstondatavis+slack-export/export.zip",
    "slack/rht+slack2zulip-data-converter/export.zip",
    "slack/zulip+zulip/test_slack_importer.zip",
    "slack/zulip+zulip/test_unicode_slack_importer.zip",
]


def records(value: Any) -> Iterator[dict[str, Any]]:
    """The records in what one file, or one line of it, holds."""
    if isinstance(value, list):
        for one in value:
            yield from records(one)
    elif isinstance(value, dict):
        inner = value.get("value", value.get("Value"))
        of_kind = value.get("messages", value.get(str(value.get("type"))))
        if isinstance(inner, list) or isinstance(of_kind, (dict, list)):
            yield from records(inner or of_kind)
        else:
            yield value


def added(content: bytes, name: str) -> bytes:
    """The same file with one more field in each record."""
    texts, rest = [], content.decode().strip()
    while rest:
        one, end = json.JSONDecoder().raw_decode(rest)
        texts.append(one)
        rest = rest[end:].strip()
    for one in records(texts):
        one[name] = VALUE
    return "\n".join(map(json.dumps, texts)).encode()


def export(source: str, folder: Path, name: str | None = None) -> LandingFile:
    """The golden export; with `name` in each of its records."""
    members = {
        path: added(content, name) if name and path.endswith((".json", ".jsonl")) else content
        for path, content in golden.original(source).items()
    }
    if source == "rocketchat":
        members = {
            f"{path.removesuffix('.json')}.bson": b"".join(map(document, json.loads(content)))
            for path, content in members.items()
        }
    return golden.landing_file(SOURCES[source], zipped(folder / f"{name or 'as it is'}.zip", members))


def told(landed: lake.Landed, status: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table, name, kind in landed.columns:
        if kind == status:
            found.setdefault(table, set()).add(name)
    return found


@pytest.mark.parametrize("source", TOLD)
def test_a_new_field_is_told_by_its_name_and_not_read(source: str, tmp_path: Path) -> None:
    whole = lake.land(tmp_path / "before", SOURCES[source], export(source, tmp_path), golden.PEOPLE)
    found = lake.land(tmp_path / "after", SOURCES[source], export(source, tmp_path, FIELD), golden.PEOPLE)
    assert told(whole, "new") == {}, "declare them, or say that they are left out on purpose"
    assert told(found, "new") == TOLD[source]
    assert told(found, "used") == told(whole, "used")
    assert {table for table, _, _ in whole.columns} >= set(TOLD[source])
    assert found.parquet.keys() == whole.parquet.keys()
    for table, path in found.parquet.items():
        assert pq.read_table(path).equals(pq.read_table(whole.parquet[table]))
    written = [pq.read_table(path).to_pylist() for path in (tmp_path / "after").rglob("*.parquet")]
    assert FIELD in str(written)
    assert VALUE not in str(written) + str(asdict(found))


@pytest.mark.parametrize("source", TOLD)
def test_a_name_that_may_hold_more_than_a_name_is_not_shown(source: str, tmp_path: Path) -> None:
    found = parsed(SOURCES[source], export(source, tmp_path, "Ask ada@example.org").content)
    shown = {name for one in found.columns for name in one.new}
    assert shown == {"(a name that is not shown)"}


@pytest.mark.parametrize("name", REAL)
def test_of_a_real_export_every_field_is_known(name: str, shared: Path) -> None:
    found = parsed(SOURCES[name.split("/", maxsplit=1)[0]], sample(shared, name))
    assert found.columns
    assert [(one.table, one.new) for one in found.columns if one.new] == []
