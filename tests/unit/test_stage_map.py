"""Stage maps: one meaning a stage, in whatever spelling of the header."""

from __future__ import annotations

from pathlib import Path

from tests.fixtures.parsed import parsed, refusal, written
from throughline.sources.stage_map import SOURCE


def test_rows_are_mapped_and_contradictions_rejected(tmp_path: Path) -> None:
    rows = [
        "HubSpot,Sales,Closed  won,Won,5",
        "hubspot,,Closed lost,lost,",
        "hubspot,,Closed lost,open,",
        "hubspot,,Later,maybe,",
        "hubspot,,,open,",
        "hubspot,,Odd,open,first",
        "hubspot,,Later,open,",  # the row that was rejected said nothing
    ]
    found = parsed(SOURCE, written(tmp_path / "m.csv", "Source,Pipeline,Stage,Outcome,Position\n" + "\n".join(rows)))
    assert [tuple(row.values()) for row in found["stages"]] == [
        ("hubspot", "Sales", "Closed won", "won", 5),
        ("hubspot", "", "Closed lost", "lost", None),
        ("hubspot", "", "Later", "open", None),
    ]
    assert [bad.place for bad in found.rejected] == [f"stage_map/m.csv row {row}" for row in (4, 5, 6, 7)]
    assert sorted(bad.reason for bad in found.rejected) == [
        "Position cannot be read as count",
        "Stage is empty",
        "an earlier row maps the stage in another way",
        "outcome is none of won, lost, open",
    ]


def test_a_missing_column_refuses_the_map(tmp_path: Path) -> None:
    assert "column outcome is missing" in refusal(SOURCE, written(tmp_path / "m.csv", "source,stage\nhubspot,x\n"))
