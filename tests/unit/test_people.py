"""Rosters: one row per person and assignment, headers of any spelling, bad rows told by place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.fixtures.parsed import Outcome, parsed, refusal, written
from throughline.sources.people import SOURCE

HEADER = "E-mail,Org Unit,Manager E-mail,Level,Leader flag,Leader_Band,START-DATE,End Date,Time Zone,Is External"
ROW = "Ada@Firm.example,Sales,boss@firm.example,3,yes,director,2026-01-01,2026-03-31,Europe/Berlin,false"

LEVELS = ("3.0", "", "12.0", "1.000")


def roster(folder: Path, text: str) -> Outcome:
    return parsed(SOURCE, written(folder / "roster.csv", text))


def test_every_column_of_an_assignment(tmp_path: Path) -> None:
    assert roster(tmp_path, f"{HEADER}\n{ROW}\n")["roster"] == [
        {
            "email": "Ada@Firm.example",
            "org_unit": "Sales",
            "manager_email": "boss@firm.example",
            "level": 3,
            "is_leader": True,
            "leader_band": "director",
            "start_date": date(2026, 1, 1),
            "end_date": date(2026, 3, 31),
            "time_zone": "Europe/Berlin",
            "is_external": False,
        }
    ]


def test_two_assignments_of_one_person_are_two_rows(tmp_path: Path) -> None:
    moved = "Ada@Firm.example,Service,boss@firm.example,3,yes,director,2026-04-01,,Europe/Berlin,false"
    found = roster(tmp_path, f"{HEADER}\n{ROW}\n{moved}\n")["roster"]
    assert [(row["org_unit"], row["end_date"]) for row in found] == [("Sales", date(2026, 3, 31)), ("Service", None)]


@pytest.mark.parametrize(
    "header", ["email,org_unit,start_date", "EMAIL;Org-Unit;Start Date", "Work e-mail\tTeam\tValid from"]
)
def test_headers_match_in_many_spellings(tmp_path: Path, header: str) -> None:
    delimiter = next(sign for sign in ";\t," if sign in header)
    row = delimiter.join(["a@firm.example", "Größe", "2026-01-01"])
    found = parsed(SOURCE, written(tmp_path / "r.csv", f"{header}\r\n{row}\r\n".encode("cp1252")))
    assert found["roster"][0]["org_unit"] == "Größe"


def test_what_a_roster_without_the_columns_says(tmp_path: Path) -> None:
    bare = roster(tmp_path, "email,unit,start\na@firm.example,Sales,2026-01-01\n")["roster"][0]
    assert (bare["is_leader"], bare["is_external"], bare["level"], bare["manager_email"]) == (None, False, None, None)
    banded = (
        "email,unit,start,leader band\na@firm.example,Sales,2026-01-01,director\nb@firm.example,Sales,2026-01-01,\n"
    )
    assert [row["is_leader"] for row in roster(tmp_path, banded)["roster"]] == [True, False]


def test_nobody_is_their_own_manager(tmp_path: Path) -> None:
    text = "email,unit,start,manager\na@firm.example,Sales,2026-01-01,mailto:A@firm.example\n"
    assert roster(tmp_path, text)["roster"][0]["manager_email"] is None


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Sales,2026-01-01,", "email is empty"),
        ("Ada Byron,Sales,2026-01-01,", "email cannot be read as e-mail"),
        ("a@firm.example,,2026-01-01,", "unit is empty"),
        ("a@firm.example,Sales,,", "start is empty"),
        ("a@firm.example,Sales,soon,", "start cannot be read as date"),
        ("a@firm.example,Sales,2026-01-01,never", "end cannot be read as date"),
        ("a@firm.example,Sales,2026-01-02,2026-01-01", "the end date lies before the start date"),
        ("a@firm.example,Sales", "not as many cells as the header"),
    ],
)
def test_bad_rows_are_rejected_by_place_without_their_content(tmp_path: Path, row: str, reason: str) -> None:
    good = "".join(f"{name}@firm.example,Sales,2026-01-01,2026-01-01\n" for name in "xyz")
    found = roster(tmp_path, f"email,unit,start,end\n{good}{row}\n")
    assert [(reject.table, reject.place, reject.reason) for reject in found.rejected] == [
        ("roster", "people/roster.csv row 5", reason)
    ]
    assert len(found["roster"]) == 3


def test_what_is_reported_and_becomes_null(tmp_path: Path) -> None:
    good = "".join(f"{name}@firm.example,Sales,2026-01-01,m@firm.example,1,UTC\n" for name in "xy")
    found = roster(
        tmp_path, f"email,unit,start,manager,level,tz\n{good}z@firm.example,Sales,2026-01-01,The boss,M3,CET+1\n"
    )
    assert [found["roster"][2][column] for column in ("manager_email", "level", "time_zone")] == [None] * 3
    assert [left.place for left in found.ignored] == [
        f"people/roster.csv, column {name}" for name in ("manager", "level", "tz")
    ]
    assert "boss" not in str(found.ignored)


def test_whole_numbers_of_a_column_with_gaps_may_be_written_as_floats(tmp_path: Path) -> None:
    """As pandas writes them. 1.000 may be a thousand."""
    rows = "".join(
        f"{name}@firm.example,Sales,2026-01-01,{level}\n" for name, level in zip("abcd", LEVELS, strict=True)
    )
    found = roster(tmp_path, f"email,unit,start,level\n{rows}")
    assert [row["level"] for row in found["roster"]] == [3, None, 12, None]
    assert [left.reason for left in found.ignored] == ["1 values cannot be read as count and are NULL (first in row 5)"]


def test_managers_given_by_name_refuse_the_roster(tmp_path: Path) -> None:
    path = written(tmp_path / "r.csv", "email,unit,start,manager\na@firm.example,Sales,2026-01-01,Ada Byron\n")
    sentence = refusal(SOURCE, path)
    assert "column manager: most values cannot be read as e-mail" in sentence
    assert "Byron" not in sentence


def test_of_two_assignments_from_one_day_on_the_later_row_is_rejected(tmp_path: Path) -> None:
    """By key alone the last would stay, and the other be counted as a repetition of it."""
    text = (
        "email,unit,start,manager\na@firm.example,Sales,2026-01-01,b@firm.example\n"
        "A@firm.example,Care,2026-01-01,b@firm.example\na@firm.example,Sales,2026-01-01,mailto:B@firm.example\n"
        "a@firm.example,Care,2026-02-01,b@firm.example\n"
    )
    found = parsed(SOURCE, written(tmp_path / "r.csv", text))
    assert [row["org_unit"] for row in found["roster"]] == ["Sales", "Sales", "Care"]
    assert [(bad.place, bad.reason) for bad in found.rejected] == [
        ("people/r.csv row 3", "an earlier row gives the person another assignment from that day on")
    ]


def test_dates_are_never_guessed(tmp_path: Path) -> None:
    path = written(tmp_path / "r.csv", "email,unit,start\na@firm.example,Sales,02/03/2026\n")
    assert "may mean 2026-03-02 or 2026-02-03 (row 2)" in refusal(SOURCE, path)
    found = parsed(SOURCE, path, "people/dates=DD-MM-YYYY/r.csv")
    assert found["roster"][0]["start_date"] == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("missing", "rest"), [("email", "unit,start"), ("org unit", "email,start"), ("start date", "email,unit")]
)
def test_a_missing_required_column_is_named(tmp_path: Path, missing: str, rest: str) -> None:
    assert f"column {missing} is missing" in refusal(SOURCE, written(tmp_path / "r.csv", f"{rest}\na,b\n"))
