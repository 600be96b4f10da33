"""What landing folders declare, amounts as people see them, times in a declared zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from tests.fixtures.exports import ALL, Export
from tests.fixtures.parsed import parsed, written
from throughline.reading import cells, fields
from throughline.reading.declared import Declared, declared
from throughline.reading.money import UnclearAmount, money
from throughline.source import Refused
from throughline.sources import SOURCES


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("hubspot/deals.csv", Declared()),
        ("hubspot/dates=DD-MM-YY/deals.csv", Declared("DMY")),
        ("hubspot/dates=yyyy-mm-dd/decimal=Comma/deals.csv", Declared("YMD", None, ",")),
        ("hubspot/zone=Europe/Berlin/decimal=point/deals.csv", Declared(None, "Europe/Berlin", ".")),
        ("hubspot/zone=America/Indiana/Knox/dates=MM-DD-YY/x/deals.csv", Declared("MDY", "America/Indiana/Knox")),
        ("hubspot/zone=UTC/2024/deals.csv", Declared(None, "UTC")),
        ("hubspot/zone=Europe.csv", Declared()),  # a file's name declares nothing
    ],
)
def test_folders_declare(name: str, found: Declared) -> None:
    assert declared(name) == found


@pytest.mark.parametrize(
    "folder",
    ["dates=DD-MM", "dates=DD-DD-YY", "zone=Europe/Berln", "zone=", "decimal=dot", "decimal=point/decimal=comma"],
)
def test_a_declaration_that_is_misspelt_is_refused(folder: str) -> None:
    with pytest.raises(Refused, match="declares nothing that can be used"):
        declared(f"hubspot/{folder}/deals.csv")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$7,450,000.00 ", "7450000"),
        ("1.234,50 €", "1234.50"),
        ("CHF 1'234.50", "1234.50"),
        ("1\u202f234,50\u00a0€", "1234.50"),
        ("(12.00)", "-12"),
        ("-$12", "-12"),
        ("$ -12.5", "-12.5"),
        ("US$12.5", "12.5"),
        ("12,34,567.00", "1234567"),
        ("1,234,567", "1234567"),
        ("1234.567", "1234.57"),
        ("0.125", "0.12"),
        (".5", "0.5"),
        ("12.", "12"),
        ("100", "100"),
    ],
)
def test_amounts_that_say_themselves_what_they_mean(text: str, amount: str) -> None:
    assert money(pa.array([text])).to_pylist() == [Decimal(amount)]


@pytest.mark.parametrize("text", ["12 apples", "abc", "$", "1,2,3", "1.2.3,4,5", "1,23.456,7", "12e5", "1" * 17, "NaN"])
def test_what_is_no_amount_is_null(text: str) -> None:
    assert money(pa.array([text])).to_pylist() == [None]


@pytest.mark.parametrize(("text", "decimal"), [("123.45", ","), ("123,45", "."), ("1.234.56", ","), ("1,5", ".")])
def test_a_sign_that_was_not_declared_divides_no_decimals(text: str, decimal: str) -> None:
    """123.45 was 12345 where a comma was declared."""
    told = Declared(decimal=decimal)
    for kind in ("money", "amount", "number", "percentage", "share"):
        assert fields.KINDS[kind][1](pa.array([text]), told).to_pylist() == [None]


@pytest.mark.parametrize(
    ("text", "mark", "point", "comma"), [("1,234", "comma", 1234, "1.23"), ("12.500", "point", "12.5", 12500)]
)
def test_one_mark_and_three_digits_need_a_declared_sign(text: str, mark: str, point: str, comma: str) -> None:
    with pytest.raises(UnclearAmount) as unclear:
        money(pa.array(["1", None, text]))
    assert (unclear.value.index, unclear.value.mark) == (2, mark)
    assert money(pa.array([text]), ".").to_pylist() == [Decimal(point)]
    assert money(pa.array([text]), ",").to_pylist() == [Decimal(comma)]


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("2024-07-11 09:30:00", None),
        ("2024-07-11 9:30", None),
        ("11.07.2024 09:30", "DMY"),
        ("7/11/2024 9:30\u202fAM", "MDY"),
        ("2024-07-11T09:30:00+02:00", None),
    ],
)
def test_times_in_a_declared_zone(text: str, order: str | None) -> None:
    found = cells.moments(pa.array([text]), order, "Europe/Berlin").to_pylist()
    assert found == [datetime(2024, 7, 11, 7, 30, tzinfo=UTC)]


def test_hours_that_a_clock_change_doubles_or_skips_are_still_read() -> None:
    texts = pa.array(["2024-10-27 02:30:00", "2024-03-31 02:30:00"])
    assert cells.moments(texts, None, "Europe/Berlin").to_pylist() == [
        datetime(2024, 10, 27, 0, 30, tzinfo=UTC),
        datetime(2024, 3, 31, 1, 0, tzinfo=UTC),
    ]


TABULAR = [one for one in ALL if min(one.members).endswith(".csv") and one.source.name != "mattermost"]


@pytest.mark.parametrize("export", TABULAR, ids=lambda export: f"{export.source.name}/{export.name}")
def test_no_source_passes_over_a_declaration(tmp_path: Path, export: Export) -> None:
    """Otherwise the file would be read in another way than its folder says."""
    misspelt = replace(export, name=f"dates=DD.MM.YY/{export.name}")
    with pytest.raises(Refused, match=r"the folder dates=DD\.MM\.YY declares nothing that can be used"):
        list(export.source.parse(misspelt.landing(export.packed(export.members), tmp_path)))


def test_what_a_folder_declares_counts_for_a_spreadsheet_of_salesforce_and_for_rates(tmp_path: Path) -> None:
    text = "Id;StageName;Amount;Probability;CreatedDate\n1;Open;1.234,50;12,5;11.07.2024 09:30\n"
    name = "salesforce/dates=DD-MM-YY/zone=Europe/Berlin/decimal=comma/Opportunity.csv"
    [row] = parsed(SOURCES["salesforce"], written(tmp_path / "Opportunity.csv", text), name)["opportunities"]
    assert row["created_at"] == datetime(2024, 7, 11, 7, 30, tzinfo=UTC)
    assert (row["amount"], row["probability"]) == (Decimal("1234.50"), 0.125)
    rates = written(tmp_path / "rates.csv", "month;currency;rate_to_eur\n2026-01;USD;0,92\n")
    assert parsed(SOURCES["fx_rates"], rates, "fx_rates/decimal=comma/rates.csv")["rates"][0]["rate"] == 0.92


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
@pytest.mark.parametrize(
    ("source", "table", "header", "cells"),
    [
        ("salesforce", "opportunities", "Id,StageName,CloseDate", "1,Open,{0}"),
        ("hubspot", "deals", "Record ID,Deal Stage,Close Date", "1,Proposal,{0}"),
        ("dynamics365", "deals", "(Do Not Modify) Opportunity,Status,Est. close date", "1,Open,{0}"),
        ("pipedrive", "deals", "Deal - ID,Deal - Stage,Deal - Status,Deal - Expected close date", "1,Offer,Open,{0}"),
    ],
)
def test_a_date_alone_stays_put_in_a_declared_zone(
    tmp_path: Path, source: str, table: str, header: str, cells: str, zone: str
) -> None:
    """Written as a date, or as the midnight that some exports make of one: never a day earlier or later."""
    for cell in ("2024-05-31", "2024-05-31 00:00:00"):
        path = written(tmp_path / "deals.csv", f"{header}\n{cells.format(cell)}\n")
        [row] = parsed(SOURCES[source], path, f"{source}/zone={zone}/deals.csv")[table]
        assert row["close_date"] == date(2024, 5, 31), cell
