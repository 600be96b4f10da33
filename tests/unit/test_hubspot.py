"""HubSpot exports: labels in any language, owners by name, outcomes only where the export says so."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fixtures.parsed import Outcome, parsed, refusal, written, zipped
from throughline.sources.hubspot import SOURCE

DEALS = (
    '"Record ID","Deal Name","Deal Stage","Close Date","Deal owner","Amount","Pipeline","Create Date"\n'
    '"1","a","Proposal","2024-05-31 14:00","Ann  Bo","12.5","Sales","2024-01-02 09:00"\n'
)


def read(folder: Path, text: str, name: str = "hubspot/deals.csv") -> Outcome:
    return parsed(SOURCE, written(folder / "deals.csv", text), name)


def test_a_view_export_needs_a_stage_map_and_says_that_its_times_have_no_zone(tmp_path: Path) -> None:
    found = read(tmp_path, DEALS)
    assert found["deals"] == [
        {
            "deal_id": "1",
            "account_id": None,
            "owner_id": "Ann Bo",
            "owner_email": None,
            "pipeline": "Sales",
            "stage": "Proposal",
            "outcome": None,
            "amount": Decimal("12.50"),
            "currency": None,
            "probability": None,
            "close_date": date(2024, 5, 31),
            "closed_at": None,
            "created_at": datetime(2024, 1, 2, 9, tzinfo=UTC),
            "modified_at": None,
            "deal_type": None,
            "is_deleted": None,
        }
    ]
    assert [left.reason for left in found.ignored] == [
        "times of Close Date, Create Date name no zone and are taken as UTC; "
        "land the file in a folder such as zone=Europe/Berlin if they are of another zone"
    ]


def test_a_declared_zone_moves_times_but_no_dates(tmp_path: Path) -> None:
    late = DEALS.replace("2024-05-31 14:00", "2024-05-31 23:30")
    found = read(tmp_path, late, "hubspot/zone=America/New_York/deals.csv")
    assert found["deals"][0]["created_at"] == datetime(2024, 1, 2, 14, tzinfo=UTC)
    assert found["deals"][0]["close_date"] == date(2024, 5, 31)
    assert found.ignored == []


@pytest.mark.parametrize(
    ("header", "cells", "outcome"),
    [
        ("Is Closed Won,Is closed (numeric)", "true,1", "won"),
        ("Is Closed Won,Is closed (numeric)", "false,1", "lost"),
        ("Is Closed Won,Is closed (numeric)", "false,0", "open"),
        ("hs_is_closed_won,hs_is_closed_lost", ",true", "lost"),
        ("Is Closed Won,Other", "false,1", None),
        ("Is Closed Won,Other", "true,1", "won"),
    ],
)
def test_outcomes(tmp_path: Path, header: str, cells: str, outcome: str | None) -> None:
    found = read(tmp_path, f"Record ID,Deal Stage,Close Date,{header}\n1,x,2024-05-31T14:00:00Z,{cells}\n")["deals"][0]
    closed_at = datetime(2024, 5, 31, 14, tzinfo=UTC) if outcome in ("won", "lost") else None
    assert (found["outcome"], found["closed_at"]) == (outcome, closed_at)


@pytest.mark.parametrize(
    "header",
    [
        "record id,DEAL STAGE,deal Owner,close date,amount",
        "hs_object_id,dealstage,hubspot_owner_id,closedate,amount",
        "deal_id,deal_pipeline_stage_id,owner_id,property_closedate,property_amount",
        "Datensatz-ID,Deal-Phase,Zuständiger Mitarbeiter für Deal,Abschlussdatum,Betrag",
        "ID de fiche d’informations,Phase de la transaction,Propriétaire de la transaction,Date de fermeture,Montant",
        "ID de registro,Etapa del negocio,Propietario del negocio,Fecha de cierre,Importe",
        "ID do registro,Etapa do negócio,Proprietário do negócio,Data de fechamento,Valor",
        "Record-ID,Dealfase,Dealeigenaar,Sluitingsdatum,Bedrag",
        "レコードID,取引ステージ,取引担当者,クローズ日,金額",
        "ID record,Fase trattativa,Proprietario trattativa,Data di chiusura,Importo",
        "Identyfikator rekordu,Etap transakcji,Właściciel transakcji,Data zamknięcia,Kwota",
        "Post-ID,Affärsfas,Affärsägare,Stängningsdatum,Belopp",
        "Tietueen tunnus,Kaupan vaihe,Kaupan omistaja,Sulkemispäivä,Summa",
    ],
)
def test_every_language_and_make_of_header(tmp_path: Path, header: str) -> None:
    found = read(tmp_path, f"{header}\n1,x,Ann Bo,2024-05-31,7\n")["deals"][0]
    assert (found["deal_id"], found["stage"], found["owner_id"]) == ("1", "x", "Ann Bo")
    assert (found["close_date"], found["amount"]) == (date(2024, 5, 31), Decimal(7))


def test_owners_are_names_addresses_or_both(tmp_path: Path) -> None:
    rows = "1,x,Ann Bo (Ann@firm.example)\n2,x,cy@firm.example\n3,x,Dee (Sales)\n4,x,\n"
    found = read(tmp_path, f"Record ID,Deal Stage,Deal owner\n{rows}")["deals"]
    assert [(row["owner_id"], row["owner_email"]) for row in found] == [
        ("Ann Bo", "Ann@firm.example"),
        ("cy@firm.example", "cy@firm.example"),
        ("Dee (Sales)", None),
        (None, None),
    ]


def test_a_list_of_the_owners_api_has_their_ids_and_one_of_users_has_other_ids(tmp_path: Path) -> None:
    """Deals name the owner's id, and the id of a user may be that of another owner."""
    owners = read(tmp_path, "id,email,userId,firstName,lastName,archived\n77,a@x.example,5,Ann,Bo,false\n")
    assert [(row["owner_id"], row["email"]) for row in owners["owners"]] == [
        (i, "a@x.example") for i in ("77", "Ann Bo")
    ]
    assert owners.columns[0].new == ()
    users = read(tmp_path, "id,email,first_name,last_name\n77,a@x.example,Ann,Bo\n")
    assert [row["owner_id"] for row in users["owners"]] == ["Ann Bo"]


def test_a_name_that_two_owners_share_matches_nobody_and_is_not_shown(tmp_path: Path) -> None:
    text = "Owner ID,First Name,Last Name,Email\n1,Ann,Bo,a@x.example\n2,Ann,Bo,b@x.example\n3,Cy,,c@x.example\n"
    found = read(tmp_path, text)
    assert [row["owner_id"] for row in found["owners"]] == ["1", "2", "3", "Cy"]
    (report,) = found.ignored
    assert report.reason.startswith("1 names belong to several people")
    assert "Ann" not in report.reason


def test_stage_dates_become_history(tmp_path: Path) -> None:
    text = (
        'Record ID,Deal Stage,"Date entered ""Won (Big deals)""",hs_v2_date_entered_123,Date entered current stage\n'
        "1,Won,2024-02-01T00:00:00Z,2024-01-01T00:00:00Z,2024-02-01T00:00:00Z\n2,Won,,,\n"
    )
    assert [tuple(row.values()) for row in read(tmp_path, text)["deal_stages"]] == [
        ("1", datetime(2024, 2, 1, tzinfo=UTC), "Won", "Big deals"),
        ("1", datetime(2024, 1, 1, tzinfo=UTC), "123", None),
    ]


def test_the_pipeline_is_taken_off_the_stage(tmp_path: Path) -> None:
    rows = "1,Won (Sales),Sales\n2,Won (late),Sales\n3,Won (Sales),\n"
    found = read(tmp_path, f"Record ID,Deal Stage,Pipeline\n{rows}")["deals"]
    assert [row["stage"] for row in found] == ["Won", "Won (late)", "Won (Sales)"]


def test_probabilities_are_shares(tmp_path: Path) -> None:
    rows = "1,x,0.2\n2,x,20%\n3,x,1\n4,x,35\n5,x,\n"
    found = read(tmp_path, f"Record ID,Deal Stage,Deal probability\n{rows}")
    assert [row["probability"] for row in found["deals"]] == [0.2, 0.2, 1.0, None, None]
    assert "1 values cannot be read as share" in found.ignored[0].reason


def test_a_split_export_in_a_zip_loads_and_a_damaged_part_is_named(tmp_path: Path) -> None:
    members = {"a.csv": DEALS.encode(), "b.csv": DEALS.replace('"1"', '"2"').encode(), "c.csv": b'"Record ID', "d": b""}
    found = parsed(SOURCE, zipped(tmp_path / "deals.zip", members))
    assert [row["deal_id"] for row in found["deals"]] == ["1", "2"]
    assert [damage.place for damage in found.damaged] == ["hubspot/deals.zip » c.csv"]
    assert "1 files that are no CSV" in [left.reason for left in found.ignored]


@pytest.mark.parametrize(
    "header", ["Record ID,First Name,Last Name,Email,Associated Company", "Record ID,Ticket name,Ticket status"]
)
def test_objects_that_are_not_used_are_ignored(tmp_path: Path, header: str) -> None:
    found = read(tmp_path, f"{header}\n" + ",".join("1" * (header.count(",") + 1)) + "\n")
    assert (found.rows, len(found.ignored)) == ({}, 1)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Deal Name,Deal Stage\na,b\n", "column Record ID is missing"),
        ("day,visits\n1,2\n", "is no table of deals, companies or owners"),
        ("Record ID,Deal Stage,Close Date\n1,x,03/07/2024\n", "may mean 2024-07-03 or 2024-03-07 (row 2)"),
        ('Record ID,Deal Stage,Amount\n1,x,"1.234"\n', "has one point, which may divide thousands or decimals (row 2)"),
        ("PK\x03\x04", "a spreadsheet workbook"),
        ("", "is empty"),
        ("Record ID,Deal Stage\n123456789012,x\n1.23457E+11,x\n", "column Record ID: a number was shortened by a spre"),
        ("Record ID;Deal Stage\n1,23457E+11;x\n", "shortened by a spreadsheet (row 2)"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, what: str) -> None:
    assert what in refusal(SOURCE, written(tmp_path / "deals.csv", text))
