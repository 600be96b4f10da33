"""Golden pairs of the CRMs and of the maps: exactly these rows are kept. Comparing them reviews privacy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fixtures import golden
from throughline.source import Source
from throughline.sources import (
    account_map,
    dynamics365,
    fx_rates,
    hubspot,
    identity_map,
    org_calendar,
    pipedrive,
    stage_map,
)

SOURCES = [
    module.SOURCE
    for module in (hubspot, pipedrive, dynamics365, identity_map, stage_map, account_map, org_calendar, fx_rates)
]
TABLES = [
    pytest.param(source, table.name, id=f"{source.name}-{table.name}") for source in SOURCES for table in source.tables
]


@pytest.mark.parametrize(("source", "table"), TABLES)
def test_exactly_this_is_kept(tmp_path: Path, source: Source, table: str) -> None:
    assert golden.kept(source, golden.landing_files(source, tmp_path))[table] == golden.expected(source.name, table)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_no_name_text_number_or_address_is_kept(tmp_path: Path, source: Source) -> None:
    text = json.dumps(golden.kept(source, golden.landing_files(source, tmp_path)), ensure_ascii=False).lower()
    for personal in (
        "greta",
        "tove",
        "lindqvist",
        "anil",
        "rao",
        "guest",
        "sam ",
        "555-",
        "@",
        "mill lane",
        "u000000001",
    ):
        assert personal not in text
    for own in ("fjord logistics", "pilot", "mühlbach", "board", "sailing", "boxing", "0000000000f1"):
        assert own not in text


@pytest.mark.parametrize("source", SOURCES[:3], ids=lambda source: source.name)
def test_an_owner_by_name_and_one_by_id_lead_to_one_address(tmp_path: Path, source: Source) -> None:
    found = golden.kept(source, golden.landing_files(source, tmp_path))
    emails = {row["owner_id"]: row["email"] for row in found["owners"]}
    owned = [row["owner_id"] for row in found["deals"] if row["owner_id"]]
    assert len({emails[owner] for owner in owned}) == 2
    assert len(set(emails)) > len(set(emails.values()))
