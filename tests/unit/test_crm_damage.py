"""Damaged bytes of every CRM export and map: taken, or refused in one sentence; never a crash, never half of a file."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fixtures import golden
from tests.fixtures.parsed import SEEN_AT
from throughline import lake
from throughline.landing import LandingFile
from throughline.privacy import Pseudonymiser
from throughline.source import Refused, Source
from throughline.sources import dynamics365, fx_rates, hubspot, identity_map, org_calendar, pipedrive, stage_map

SOURCES = [
    module.SOURCE for module in (hubspot, pipedrive, dynamics365, identity_map, stage_map, org_calendar, fx_rates)
]
PEOPLE = Pseudonymiser(b"k" * 32)
ROUNDS = 6


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Cut off, with some bits flipped, or with a piece of it lost."""
    at = chance.randrange(len(content))
    match chance.randrange(3):
        case 0:
            return content[:at]
        case 1:
            found = bytearray(content)
            for _ in range(chance.randrange(1, 9)):
                found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)
            return bytes(found)
        case _:
            return content[:at] + content[at + chance.randrange(1, 99) :]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_damage_is_survived_and_everything_is_accounted_for(tmp_path: Path, source: Source) -> None:
    chance = random.Random(source.name)  # noqa: S311  # the same examples in every run
    refused = taken = 0
    for file in golden.landing_files(source, tmp_path):
        with file.open() as stream:
            whole = stream.read()
        for _ in range(ROUNDS):
            taken += 1
            path = tmp_path / "damaged"
            path.write_bytes(damaged(whole, chance))
            one = LandingFile(source.name, file.name, path, f"{taken:064}", path.stat().st_size, SEEN_AT)
            try:
                landed = lake.land(tmp_path / "lake", source, one, PEOPLE)
            except Refused as refusal:
                assert "while parsing" not in refusal.what, refusal.sentence
                assert refusal.where
                assert not list((tmp_path / "lake").rglob(f"{one.file_id}*"))
                refused += 1
            else:
                assert landed.rows_in == landed.rows_loaded + landed.rows_rejected + landed.rows_duplicate
    assert refused
