"""Pipedrive lists: entities by prefix, outcomes by status, owners by name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fixtures.parsed import Outcome, parsed, refusal, written
from throughline.sources.pipedrive import SOURCE

HEADER = "Deal - ID,Deal - Title,Deal - Stage,Deal - Status,Deal - Value,Deal - Won time,Deal - Lost time"


def read(folder: Path, text: str, name: str = "deals.csv") -> Outcome:
    return parsed(SOURCE, written(folder / name, text))


def test_status_tells_the_outcome_and_which_time_closed_the_deal(tmp_path: Path) -> None:
    won, lost = "2024-05-01T10:00:00Z", "2024-06-01T10:00:00Z"
    rows = "".join(f"{n},t,S,{status},1,{won},{lost}\n" for n, status in enumerate(("Open", "won", "Lost", "Deleted")))
    found = read(tmp_path, f"{HEADER}\n{rows}")["deals"]
    assert [(row["outcome"], row["is_deleted"], row["closed_at"]) for row in found] == [
        ("open", False, None),
        ("won", False, datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("lost", False, datetime(2024, 6, 1, 10, tzinfo=UTC)),
        (None, True, None),
    ]


@pytest.mark.parametrize("form", ["{0}", "Deal - {0}", "DEAL - {0}", "deal – {0} "])
def test_headers_with_and_without_prefix(tmp_path: Path, form: str) -> None:
    names = ("ID", "Stage", "Status", "Currency of value", "Value", "Owner", "Expected close date", "Probability")
    header = ",".join(form.format(name) for name in names)
    found = read(tmp_path, f"{header}\n5,Offer,Open,eur,7,Ann Bo,2024-07-01,35\n")["deals"][0]
    assert (found["deal_id"], found["stage"], found["currency"], found["amount"]) == ("5", "Offer", "EUR", Decimal(7))
    assert (found["owner_id"], found["close_date"], found["probability"]) == ("Ann Bo", date(2024, 7, 1), 0.35)


def test_columns_of_linked_entities_do_not_stand_in_for_the_deals_own(tmp_path: Path) -> None:
    text = "Organization - ID,Person - ID,Deal - Stage,Deal - Status,Deal - ID\n71,501,Offer,Open,5\n"
    found = read(tmp_path, text)["deals"][0]
    assert (found["deal_id"], found["account_id"]) == ("5", "71")


@pytest.mark.parametrize("linked", ["Organization", "Person", "Product"])
def test_a_list_of_deals_may_show_more_of_what_they_link_to(tmp_path: Path, linked: str) -> None:
    more = ",".join(f"{linked} - {name}" for name in ("ID", "Name", "Label", "Owner"))
    found = read(tmp_path, f"Deal - ID,Deal - Stage,Deal - Status,{more}\n5,Offer,Open,71,A,B,C\n", "export.csv")
    assert ([row["deal_id"] for row in found["deals"]], list(found.rows), found.ignored) == (["5"], ["deals"], [])


def test_a_list_of_activities_may_show_their_deals(tmp_path: Path) -> None:
    header = "Activity - Subject,Deal - ID,Deal - Title,Deal - Stage,Deal - Status"
    found = read(tmp_path, f"{header}\ncall,5,t,Offer,Open\n", "export.csv")
    assert (found.rows, [left.reason for left in found.ignored]) == ({}, ["an entity that is not used"])


def test_several_addresses_in_one_cell_are_none(tmp_path: Path) -> None:
    found = read(tmp_path, 'Name,Email,User ID\nAnn,"a@x.example, b@x.example",1\nBo,b@x.example,2\n', "users.csv")
    assert {row["owner_id"]: row["email"] for row in found["owners"]} == {
        "1": None,
        "2": "b@x.example",
        "Ann": None,
        "Bo": "b@x.example",
    }
    assert "cannot be read as e-mail" in found.ignored[0].reason


def test_the_last_change_of_stage_is_kept_as_history(tmp_path: Path) -> None:
    text = "Deal - ID,Deal - Stage,Deal - Pipeline,Deal - Status,Deal - Last stage change\n1,Offer,Main,Open,{0}\n"
    found = read(tmp_path, text.format("2024-05-01T10:00:00Z"))
    assert [tuple(row.values()) for row in found["deal_stages"]] == [
        ("1", datetime(2024, 5, 1, 10, tzinfo=UTC), "Offer", "Main")
    ]
    assert "deal_stages" not in read(tmp_path, text.format("")).rows


def test_organizations_keep_a_domain_and_users_are_owners(tmp_path: Path) -> None:
    text = "Organization - ID,Organization - Name,Organization - Website\n7,Fjord,HTTPS://www.Fjord.example/x\n8,B,-\n"
    assert [row["domain"] for row in read(tmp_path, text, "o.csv")["accounts"]] == ["fjord.example", None]
    users = read(tmp_path, "User ID,Name,Email,Active\n31,Ann Bo,ann@x.example,Yes\n32,Cy,cy@x.example,No\n", "u.csv")
    assert [(row["owner_id"], row["is_active"]) for row in users["owners"]] == [
        ("31", True),
        ("32", False),
        ("Ann Bo", True),
        ("Cy", False),
    ]


@pytest.mark.parametrize("header", ["Person - Name,Person - Email", "Activity - Subject,Deal - Title,Activity - Type"])
def test_entities_that_are_not_used_are_ignored(tmp_path: Path, header: str) -> None:
    found = read(tmp_path, f"{header}\n" + ",".join("x" * (header.count(",") + 1)) + "\n", "x.csv")
    assert (found.rows, len(found.ignored)) == ({}, 1)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Deal - Title,Deal - Stage,Deal - Status\na,b,Open\n", "column Deal - ID is missing"),
        ("Deal - ID,Deal - Title\n1,a\n", "column Deal - Stage is missing"),
        ("Obchod - ID,Obchod - Název\n1,a\n", "is no list of Pipedrive"),
        (f"{HEADER}\n1,t,S,Won,1,01.02.2024 10:00,\n", "may mean 2024-02-01 or 2024-01-02 (row 2)"),
        (f'{HEADER}\n1,t,S,Won,"1,234",,\n', "has one comma, which may divide thousands or decimals (row 2)"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, what: str) -> None:
    assert what in refusal(SOURCE, written(tmp_path / "export.csv", text))


def test_declared_dates_zone_and_decimal_sign_settle_it(tmp_path: Path) -> None:
    path = written(tmp_path / "deals.csv", f'{HEADER}\n1,t,S,Won,"1.234",01.02.2024 10:00,\n')
    name = "pipedrive/dates=DD-MM-YY/zone=Europe/Berlin/decimal=comma/deals.csv"
    found = parsed(SOURCE, path, name)["deals"][0]
    assert (found["amount"], found["closed_at"]) == (Decimal(1234), datetime(2024, 2, 1, 9, tzinfo=UTC))
