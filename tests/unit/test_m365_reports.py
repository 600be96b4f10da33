"""Usage reports: told by their header, read by name, windows side by side, concealed names told."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures import golden
from tests.fixtures.parsed import SEEN_AT, Outcome, parsed, refusal, written
from throughline.lake import land
from throughline.landing import LandingFile
from throughline.privacy import Pseudonymiser
from throughline.sources.m365_reports import SOURCE

FIXTURES = Path(__file__).parents[1] / "fixtures" / "m365_reports"
HIDDEN = "DC8C64D6EC3A3AA17481D7E5EB5B68A6"
TEAMS = (
    "Report Refresh Date,User Principal Name,Last Activity Date,Is Deleted,Deleted Date,Assigned Products,"
    "Team Chat Message Count,Private Chat Message Count,Call Count,Meeting Count,Has Other Action,Report Period"
)
YAMMER = "Report Refresh Date,User Principal Name,User State,Last Activity Date,Posted Count,Read Count,Liked Count"


def teams(account: str = "ada@firm.example", until: str = "2026-03-08", days: str = "7", active: str = "") -> str:
    """One row of a report of 2021."""
    return f"{until},{account},{active},False,,E5,9,30,2,4,Yes,{days}"


def report(folder: Path, *lines: str) -> Outcome:
    return parsed(SOURCE, written(folder / "report.csv", "\n".join(lines) + "\n"))


def file(path: Path) -> LandingFile:
    return LandingFile(SOURCE.name, f"m365_reports/{path.name}", path, path.stem, path.stat().st_size, SEEN_AT)


# --- what is kept ------------------------------------------------------------------------------------------------


def kept() -> dict[str, list[dict[str, Any]]]:
    """Table -> rows of all golden reports, as the lake writes them."""
    return golden.kept(SOURCE, map(file, sorted((FIXTURES / "original").iterdir())))


@pytest.mark.parametrize("table", ["activity", "groups"])
def test_exactly_this_is_kept(table: str) -> None:
    assert kept()[table] == json.loads((FIXTURES / "kept" / f"{table}.json").read_text(encoding="utf-8"))


def test_no_name_or_address_is_kept() -> None:
    text = json.dumps(kept()).lower()
    for personal in ("greta", "anil", "tove", "lindqvist", "@", "mühlbach", "sailing", HIDDEN.lower()):
        assert personal not in text


# --- rows --------------------------------------------------------------------------------------------------------


def test_every_column_of_a_report_of_2021(tmp_path: Path) -> None:
    found = report(tmp_path, TEAMS, teams(active="2026-03-06"))
    assert found["activity"] == [
        {
            "account_id": "ada@firm.example",
            "email": "ada@firm.example",
            "product": "teams",
            "window_from_date": date(2026, 3, 2),  # 7 days, both ends within
            "window_until_date": date(2026, 3, 8),
            "last_active_date": date(2026, 3, 6),
            "is_deleted": False,
            "is_concealed": False,
            "post_count": 9,
            "reply_count": None,
            "reaction_count": None,
            "read_count": None,
            "meeting_count": 4,
            "call_count": 2,
            "other_action_count": 30,
        }
    ]
    assert (found.rejected, found.ignored) == ([], [])


def test_columns_are_found_by_name_wherever_they_stand(tmp_path: Path) -> None:
    names = [*TEAMS.split(","), "Post Messages", "Reply Messages", "Something New"]
    cells = [*teams().split(","), "3", "6", "x"]
    turned = report(tmp_path, ",".join(reversed(names)).upper(), ",".join(reversed(cells)))["activity"]
    assert [(row["post_count"], row["reply_count"], row["window_until_date"]) for row in turned] == [
        (3, 6, date(2026, 3, 8))
    ]


def test_overlapping_windows_are_rows_of_their_own(tmp_path: Path) -> None:
    rows = [teams(), teams(days="30"), teams(until="2026-03-09"), teams()]
    path = written(tmp_path / "report.csv", "\n".join([TEAMS, *rows]))
    landed = land(tmp_path / "lake", SOURCE, file(path), Pseudonymiser(b"k" * 32))
    assert (landed.rows_in, landed.rows_loaded, landed.rows_duplicate) == (4, 3, 1)


@pytest.mark.parametrize(
    ("state", "is_deleted"), [("Active", False), ("deleted", True), ("Suspended", False), ("", None)]
)
def test_the_state_of_viva_engage_tells_who_is_deleted(tmp_path: Path, state: str, is_deleted: bool | None) -> None:
    line = f"2026-03-08,ada@firm.example,{state},,1,2,3,30"
    row = report(tmp_path, f"{YAMMER},Report Period", line)["activity"][0]
    assert (row["product"], row["is_deleted"]) == ("viva_engage", is_deleted)
    assert (row["post_count"], row["read_count"], row["reaction_count"]) == (1, 2, 3)


def test_apps_are_rows_where_they_were_used(tmp_path: Path) -> None:
    header = (
        "Report Refresh Date,User Principal Name,Last Activity Date,Report Period,Mac,Outlook,Word,Excel,Word (Mac)"
    )
    found = report(tmp_path, header, "2026-03-08,ada@firm.example,2026-03-07,30,Yes,Yes,,No,Yes")["activity"]
    assert [(row["product"], row["last_active_date"]) for row in found] == [
        ("m365_apps", date(2026, 3, 7)),
        ("m365_apps_outlook", None),
    ]


@pytest.mark.parametrize(
    "header",
    [
        "Report Refresh Date,Report Period,User Principal Name,Last Activity Date,Microsoft Teams Copilot Last "
        "Activity Date,Word Copilot Last Activity Date,Copilot Chat Last Activity Date",
        "Report refresh date,Report period,User principal name,Last activity date (UTC),Last activity date of Teams "
        "Copilot (UTC),Last activity date of Word Copilot (UTC),Last activity date of Copilot Chat (UTC)",
    ],
    ids=["graph", "admin-center"],
)
def test_copilot_tells_a_day_for_each_app(tmp_path: Path, header: str) -> None:
    found = report(tmp_path, header, "2026-03-08,30,ada@firm.example,2026-03-07,2026-03-07,,2026-02-20")["activity"]
    assert [(row["product"], row["last_active_date"], row["post_count"]) for row in found] == [
        ("copilot", date(2026, 3, 7), None),
        ("copilot_teams", date(2026, 3, 7), None),
        ("copilot_chat", date(2026, 2, 20), None),
    ]


def test_a_guest_has_the_address_of_the_invitation(tmp_path: Path) -> None:
    row = report(tmp_path, TEAMS, teams("jo_ann_y.example#EXT#@firm.onmicrosoft.com"))["activity"][0]
    assert row["email"] == "jo_ann@y.example"


# --- concealed names ---------------------------------------------------------------------------------------------


def test_concealed_names_are_told_and_join_nobody(tmp_path: Path) -> None:
    found = report(tmp_path, TEAMS, teams(HIDDEN), teams())
    assert [(row["is_concealed"], row["email"]) for row in found["activity"]] == [
        (True, None),
        (False, "ada@firm.example"),
    ]
    assert len(found.ignored) == 1
    assert found.ignored[0].reason.startswith("1 of 2 rows have concealed names and join nobody")
    assert "Display concealed" in found.ignored[0].reason


def test_concealed_groups_are_told(tmp_path: Path) -> None:
    header = "Report Refresh Date,Group Display Name,Posted Count,Liked Count,Report Period"
    found = report(tmp_path, header, f"2026-03-08,{HIDDEN},1,2,7", "2026-03-08,Hulls,3,4,7")
    assert [row["is_concealed"] for row in found["groups"]] == [True, False]
    assert found.ignored[0].reason.startswith("1 of 2 rows")


def test_of_two_groups_of_one_name_the_later_is_rejected(tmp_path: Path) -> None:
    header = "Report Refresh Date,Group Display Name,Posted Count,Liked Count,Report Period"
    rows = ("2026-03-08,Hulls,3,4,7", "2026-03-08,Hulls,9,9,7", "2026-03-01,Hulls,9,9,7", "2026-03-08,Hulls,3,4,7")
    found = report(tmp_path, header, *rows)
    assert [row["post_count"] for row in found["groups"]] == [3, 9, 3]
    assert [(bad.place, bad.reason) for bad in found.rejected] == [
        ("m365_reports/report.csv row 3", "an earlier group bears the name, and a report tells no id")
    ]


# --- rejected, ignored, refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (teams(""), "User Principal Name is empty"),
        (teams("Ada Original"), "User Principal Name is no e-mail address and no concealed name"),
        (teams(days="0"), "Report Refresh Date or Report Period tells no window"),
        (teams(days="367"), "Report Refresh Date or Report Period tells no window"),
        (teams(until="0001-01-02"), "Report Refresh Date or Report Period tells no window"),
        (teams(days=""), "Report Period is empty"),
        ("x", "not as many cells as the header"),
    ],
)
def test_rows_without_account_or_window_are_rejected(tmp_path: Path, row: str, reason: str) -> None:
    found = report(tmp_path, TEAMS, teams(), row, teams("bo@firm.example"))
    assert [(one.place, one.reason) for one in found.rejected] == [("m365_reports/report.csv row 3", reason)]
    assert len(found["activity"]) == 2


def test_a_report_of_another_kind_is_ignored(tmp_path: Path) -> None:
    header = "Report Refresh Date,User Principal Name,Send Count,Receive Count,Report Period"
    found = report(tmp_path, header, "2026-03-08,ada@firm.example,1,2,7")
    assert (found.rows, [one.reason for one in found.ignored]) == ({}, ["a report that is not used"])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty"),
        ("Id,Name\n1,2\n", "none of the usage reports"),
        (TEAMS.replace("Report Period", "Days") + "\n" + teams() + "\n", "column Report Period is missing"),
        (f"{TEAMS}\n{teams(until='03/08/2026')}\n", "may mean 2026-08-03 or 2026-03-08"),
        (f"{TEAMS}\n{teams(active='06.03.26')}\n", "may mean"),
        (f"{TEAMS}\n{teams(days='D7')}\n", "most values cannot be read as count"),
        (b"PK\x03\x04", "a spreadsheet workbook"),
    ],
)
def test_refusals(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    assert sentence in refusal(SOURCE, written(tmp_path / "report.csv", content))


def test_a_declared_order_of_dates_is_taken(tmp_path: Path) -> None:
    path = written(tmp_path / "r.csv", f"{TEAMS}\n{teams(until='03/08/2026')}\n")
    row = parsed(SOURCE, path, "m365_reports/dates=MM-DD-YYYY/r.csv")["activity"][0]
    assert row["window_until_date"] == date(2026, 3, 8)
