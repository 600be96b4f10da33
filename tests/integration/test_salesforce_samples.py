"""Third-party samples: an org extract, generic deals in the shape of Data Loader, and the official header names."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from tests.fixtures.parsed import parsed, refusal, written
from tests.fixtures.samples import sample
from throughline.source import Refused
from throughline.sources import salesforce
from throughline.sources.salesforce import SOURCE

LOADER_HEADER = "Id,AccountId,StageName,Amount,CreatedDate,CloseDate,IsClosed,IsWon"


def test_an_org_extract_loads_with_its_booleans(shared: Path) -> None:
    extract = sample(shared, "salesforce/SFDC-Assets+gen-ai-demo")
    files = ("Account", "Contact", "Opportunity")
    rows = {table: rows for name in files for table, rows in parsed(SOURCE, extract / f"{name}.csv").rows.items()}
    assert {table: len(found) for table, found in rows.items()} == {"accounts": 94, "contacts": 64, "opportunities": 58}
    deals = rows["opportunities"]
    assert Counter((deal["is_closed"], deal["is_won"]) for deal in deals) == {(True, True): 34, (False, False): 24}
    assert all(deal["stage"] == "Closed Won" for deal in deals if deal["is_won"])
    assert all(deal["amount"] and 0 <= deal["probability"] <= 1 and deal["created_at"] for deal in deals)
    assert [row["place"] for found in rows.values() for row in found if "place" in row] == []


@pytest.mark.parametrize("name", ["Case", "Lead"])  # Lead.csv has cells of several lines
def test_objects_that_are_not_used_are_ignored(shared: Path, name: str) -> None:
    found = parsed(SOURCE, sample(shared, "salesforce/SFDC-Assets+gen-ai-demo") / f"{name}.csv")
    assert (found.rows, len(found.ignored)) == ({}, 1)


@pytest.mark.parametrize(
    ("name", "table", "count"),
    [
        ("account", "accounts", 10),
        ("account_history", "accounts", 10),
        ("contact", "contacts", 4),
        ("opportunity", "opportunities", 10),
        ("user", "users", 10),
    ],
)
def test_tables_of_a_copying_tool(shared: Path, name: str, table: str, count: int) -> None:
    found = parsed(SOURCE, sample(shared, "salesforce/fivetran+dbt_salesforce") / f"sf_{name}_data.csv")
    assert {table: len(rows) for table, rows in found.rows.items()} == {table: count}
    assert (found.rejected, found.damaged) == ([], [])


def maven(shared: Path, date_format: str = "{0}-{1}-{2}") -> str:
    """The deal table as Data Loader would write it; dates written by year, month and day."""

    def written_date(iso: str) -> str:
        year, month, day = iso.split("-") if iso else ("", "", "")
        return date_format.format(year, month, day, year[2:]) if iso else ""

    lines = [LOADER_HEADER]
    with (sample(shared, "maven-crm/ikebude+CRM-Sales-Analysis") / "sales_pipeline.csv").open(newline="") as stream:
        for deal in csv.DictReader(stream):
            stage = deal["deal_stage"]
            dates = [written_date(deal["engage_date"]), written_date(deal["close_date"])]
            is_closed, is_won = stage in ("Won", "Lost"), stage == "Won"
            cells = [deal["opportunity_id"], f'"{deal["account"]}"', stage, deal["close_value"], *dates]
            lines.append(",".join([*cells, str(is_closed).lower(), str(is_won).lower()]))
    return "\n".join(lines) + "\n"


def test_maven_deals(shared: Path, tmp_path: Path) -> None:
    found = parsed(SOURCE, written(tmp_path / "Opportunity.csv", maven(shared)))
    deals = found["opportunities"]
    outcomes = Counter("won" if deal["is_won"] else "lost" if deal["is_closed"] else "open" for deal in deals)
    assert outcomes == {"won": 4238, "lost": 2473, "open": 2089}
    assert len({deal["opportunity_id"] for deal in deals}) == len(deals) == 8800
    assert sum(deal["account_id"] is None for deal in deals) == 1425
    assert sum(deal["created_at"] is None for deal in deals) == 500
    assert sum(deal["amount"] or 0 for deal in deals) == 10_005_534  # the sum of close_value
    assert (found.rejected, found.ignored) == ([], [])


def test_a_copy_with_other_dates_is_the_same_table_only_when_the_order_is_declared(
    shared: Path, tmp_path: Path
) -> None:
    iso = parsed(SOURCE, written(tmp_path / "iso.csv", maven(shared)), "salesforce/Opportunity.csv")
    copy = written(tmp_path / "Opportunity.csv", maven(shared, "{2}-{1}-{3}"))
    assert "may mean" in refusal(SOURCE, copy)
    assert parsed(SOURCE, copy, "salesforce/dates=DD-MM-YY/Opportunity.csv").rows == iso.rows
    with pytest.raises(Refused, match="may mean"):  # declared wrongly: there is no month 25
        parsed(SOURCE, copy, "salesforce/dates=MM-DD-YY/Opportunity.csv")


def test_the_official_headers_tell_just_the_five_objects(shared: Path) -> None:
    told = {}
    with (sample(shared, "salesforce/weekly-export-headers") / "headers.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            columns = tuple(row["standard_columns"].split("|"))
            sheet = salesforce.delimited.Sheet("", columns, ",", "utf-8", 0, len(columns))
            if found := salesforce._told("no-object-name.csv", sheet):
                told[row["file"].removesuffix(".csv")] = found
    assert told == dict(salesforce.OBJECTS)
