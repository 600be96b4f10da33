"""Golden pairs: of what lies in original/ exactly the rows in kept/ are kept. Comparing them reviews privacy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures import golden
from tests.fixtures.golden import FIXTURES
from tests.fixtures.parsed import zipped
from throughline.sources import SOURCES

TABLES = [(name, table.name) for name in ("salesforce", "people", "purposes") for table in SOURCES[name].tables]


def export(name: str, folder: Path) -> Path:
    """The hand-written export: the files of a weekly ZIP, or the one file."""
    files = sorted((FIXTURES / name / "original").iterdir())
    if name != "salesforce":
        return files[0]
    return zipped(folder / "WE_00D000000000001_1.ZIP", {file.name: file.read_bytes() for file in files})


def kept(name: str, folder: Path) -> dict[str, list[dict[str, Any]]]:
    return golden.kept(SOURCES[name], [golden.landing_file(SOURCES[name], export(name, folder))])


@pytest.mark.parametrize(("name", "table"), TABLES)
def test_exactly_this_is_kept(tmp_path: Path, name: str, table: str) -> None:
    assert kept(name, tmp_path)[table] == golden.expected(name, table)


@pytest.mark.parametrize("name", ["salesforce", "people", "purposes"])
def test_no_name_text_number_or_address_is_kept(tmp_path: Path, name: str) -> None:
    text = json.dumps(kept(name, tmp_path)).lower()
    for personal in ("greta", "tove", "lindqvist", "anil", "rao", "guest", "555-", "@", "1980", "mill lane"):
        assert personal not in text
    for own in ("fjord", "mühlbach", "board", "sailing", "director of", "workshop", "005000000000", "003000000000"):
        assert own not in text
