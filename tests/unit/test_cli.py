"""How the command line shows rows in a terminal of 80 columns."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from throughline import cli

WIDE = {f"column_{number}": number for number in range(12)} | {"sentence": "not [bold] a tag, " * 8}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    text = io.StringIO()
    monkeypatch.setattr(cli, "out", Console(file=text, width=80))
    return text


@pytest.mark.parametrize(
    ("row", "fits"),
    [
        ({"n": 1}, True),
        ({"metric_id": "C1b_180", "value": 0.25, "n": 1000, "reason": "a sentence that may be folded " * 9}, True),
        (WIDE, False),
        (dict.fromkeys(("a_name_of_twenty_one", "b" * 21, "c" * 21, "d" * 21), ""), True),
        (dict.fromkeys(("a_name_of_twenty_one", "b" * 21, "c" * 21, "d" * 21, "e" * 21), ""), False),
    ],
)
def test_columns_stand_side_by_side_only_where_they_are_readable(
    shown: io.StringIO, row: dict[str, Any], fits: bool
) -> None:
    assert cli._fits(list(row), [row]) is fits


def test_wide_rows_are_shown_one_by_one(shown: io.StringIO) -> None:
    cli._show_rows(list(WIDE), [WIDE, WIDE])
    lines = shown.getvalue().splitlines()
    assert lines[:2] == ["row 1", "  column_0   0"]
    assert lines[13] == f"  sentence   {WIDE['sentence']}"
    assert lines[14] == "row 2"


def test_narrow_rows_are_a_table(shown: io.StringIO) -> None:
    cli._show_rows(["metric_id", "n"], [{"metric_id": "[red]L1[/red]", "n": 1000}])
    assert [line.split() for line in shown.getvalue().splitlines()] == [["metric_id", "n"], ["[red]L1[/red]", "1,000"]]


def test_no_rows_still_tell_their_columns(shown: io.StringIO) -> None:
    cli._show_rows(list(WIDE), [])
    assert shown.getvalue().startswith("no rows of column_0, column_1")
