"""Golden pairs: of what lies in original/ exactly the rows in kept/ are kept. Comparing them reviews privacy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.parsed import SEEN_AT, zipped
from throughline.landing import LandingFile
from throughline.privacy import Pseudonymiser
from throughline.source import Batch
from throughline.sources import SOURCES

FIXTURES = Path(__file__).parents[1] / "fixtures"
TABLES = [(name, table.name) for name in ("salesforce", "people", "purposes") for table in SOURCES[name].tables]


def export(name: str, folder: Path) -> Path:
    """The hand-written export: the files of a weekly ZIP, or the one file."""
    files = sorted((FIXTURES / name / "original").iterdir())
    if name != "salesforce":
        return files[0]
    return zipped(folder / "WE_00D000000000001_1.ZIP", {file.name: file.read_bytes() for file in files})


def kept(name: str, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Table -> rows as they are written to the lake, as JSON shows them."""
    source, path = SOURCES[name], export(name, folder)
    rows: dict[str, list[dict[str, Any]]] = {}
    for part in source.parse(LandingFile(name, f"{name}/{path.name}", path, "0" * 64, path.stat().st_size, SEEN_AT)):
        if isinstance(part, Batch):
            keyed = Pseudonymiser(b"k" * 32).batch(part.records, source.table(part.table).people)
            rows.setdefault(part.table, []).extend(json.loads(json.dumps(keyed.to_pylist(), default=str)))
    return rows


@pytest.mark.parametrize(("name", "table"), TABLES)
def test_exactly_this_is_kept(tmp_path: Path, name: str, table: str) -> None:
    expected = json.loads((FIXTURES / name / "kept" / f"{table}.json").read_text(encoding="utf-8"))
    assert kept(name, tmp_path)[table] == expected


@pytest.mark.parametrize("name", ["salesforce", "people", "purposes"])
def test_no_name_text_number_or_address_is_kept(tmp_path: Path, name: str) -> None:
    text = json.dumps(kept(name, tmp_path)).lower()
    for personal in ("greta", "tove", "lindqvist", "anil", "rao", "guest", "555-", "@", "1980", "mill lane"):
        assert personal not in text
    for own in ("fjord", "mühlbach", "board", "sailing", "director of", "workshop", "005000000000", "003000000000"):
        assert own not in text
