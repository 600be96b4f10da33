"""Calendars: hours in local time, weekdays, and days off that are never guessed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.fixtures.parsed import parsed, refusal, written
from throughline.sources.org_calendar import SOURCE

WHOLE = 'time_zone: Europe/Berlin\nbusiness_hours: {from: "09:00", until: "17:30"}\n'


@pytest.mark.parametrize("hours", ['from: "09:00", until: "17:30"', "from: 9:00, until: 17:30"])
def test_hours_with_and_without_quotes(tmp_path: Path, hours: str) -> None:
    days = "weekdays: [Sunday, mon]\nholidays: [2024-12-25]\nx: 1\n"
    text = f"time_zone: Europe/Berlin\nbusiness_hours: {{{hours}}}\n{days}"
    found = parsed(SOURCE, written(tmp_path / "c.yml", text))
    assert found["calendars"] == [
        {
            "calendar": "default",
            "time_zone": "Europe/Berlin",
            "business_from_minutes": 540,
            "business_until_minutes": 1050,
            "weekdays": "1 7",
        }
    ]
    assert found["holidays"] == [{"calendar": "default", "holiday_date": date(2024, 12, 25)}]
    assert [left.reason for left in found.ignored] == ["fields not used: x"]


def test_monday_to_friday_where_nothing_else_is_said(tmp_path: Path) -> None:
    found = parsed(SOURCE, written(tmp_path / "c.yml", f"calendar: emea\n{WHOLE}"))
    assert (found["calendars"][0]["weekdays"], found["calendars"][0]["calendar"]) == ("1 2 3 4 5", "emea")
    assert "holidays" not in found.rows


def test_a_list_of_holidays(tmp_path: Path) -> None:
    path = written(tmp_path / "h.csv", "Date,Calendar\n2024-12-25,\n2024-12-26,emea\n,\n")
    found = parsed(SOURCE, path)
    assert [tuple(row.values()) for row in found["holidays"]] == [
        ("default", date(2024, 12, 25)),
        ("emea", date(2024, 12, 26)),
    ]
    copy = written(tmp_path / "copy.csv", "Date\n03/10/2024\n")
    assert "may mean 2024-10-03 or 2024-03-10" in refusal(SOURCE, copy)
    declared = parsed(SOURCE, copy, "org_calendar/dates=DD-MM-YY/copy.csv")
    assert declared["holidays"][0]["holiday_date"] == date(2024, 10, 3)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (WHOLE.replace("Berlin", "Berln"), "time_zone must be a name of the time zone database"),
        (WHOLE.replace("17:30", "08:00"), "business_hours must end after they begin"),
        (WHOLE.replace("09:00", "nine"), "business_hours.from must be a local time"),
        (WHOLE.replace("09:00", "25:00"), "business_hours.from must be a local time"),
        (WHOLE.replace('"09:00"', "9"), "business_hours.from must be a local time"),
        (WHOLE.replace('"17:30"', "17"), "business_hours.until must be a local time"),
        (WHOLE.replace('"09:00"', "false"), "business_hours.from must be a local time"),
        ("time_zone: Europe/Berlin\n", "business_hours.from must be a local time"),
        (f"{WHOLE}weekdays: [mon, monday]\n", "weekdays must be some of"),
        (f"{WHOLE}weekdays: [payday]\n", "weekdays must be some of"),
        (f"{WHOLE}weekdays: []\n", "weekdays must be some of"),
        (f"{WHOLE}holidays: 2024-12-25\n", "holidays must be a list of dates"),
        (f"{WHOLE}holidays: [25.12.2024]\n", "holidays must be a date"),
        (f"{WHOLE}holidays: [null]\n", "holidays must be a date"),
        ("- a\n", "is not a mapping"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, what: str) -> None:
    assert what in refusal(SOURCE, written(tmp_path / "c.yml", text))
