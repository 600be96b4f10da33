"""One Salesforce object landed to raw Parquet: as a CSV file, and in the ZIP of the weekly export."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.slack import AT

STAGES = ("Prospecting", "Qualification", "Proposal/Price Quote", "Negotiation/Review", "Closed Won", "Closed Lost")
PIECE = 10_000


def write(folder: Path, rows: int) -> None:
    """Opportunity.csv and WE_00D.ZIP, about 450 bytes a row."""
    path = folder / "Opportunity.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(",".join(f'"{name}"' for name in _row(0)) + "\r\n")
        for first in range(0, rows, PIECE):
            stream.write("".join(_lines(range(first, min(first + PIECE, rows)))))
    with zipfile.ZipFile(folder / "WE_00D.ZIP", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "Opportunity.csv")


def landed(folder: Path, name: str) -> None:
    from throughline import lake
    from throughline.landing import LandingFile
    from throughline.privacy import Pseudonymiser
    from throughline.sources import SOURCES

    path = folder / name
    file = LandingFile("salesforce", f"salesforce/{name}", path, "0" * 64, path.stat().st_size, AT)
    lake.land(folder / "lake", SOURCES["salesforce"], file, Pseudonymiser(b"k" * 32))


def _lines(numbers: range) -> Iterator[str]:
    for number in numbers:
        yield ",".join(f'"{value}"' for value in _row(number).values()) + "\r\n"


def _row(number: int) -> dict[str, str]:
    """Opportunity `number`, the same each time."""
    stage, year, day = STAGES[number * 7 % 6], 2019 + number % 7, f"{number // 28 % 12 + 1:02}-{number % 28 + 1:02}"
    moment = f"{year}-{day} {number % 24:02}:{number // 7 % 60:02}:{number // 11 % 60:02}"
    amount = number * 97 % 1_000_000
    return {
        "Id": f"006{number:012}AAA",
        "IsDeleted": "0",
        "AccountId": f"001{number * 31 % 90_000:012}AAA",
        "RecordTypeId": "012000000000001AAA",
        "Name": f"Deal {number} with customer {number * 31 % 90_000}",
        "Description": f'Long text, with ""commas"" and words about deal {number}, which nobody reads.',
        "StageName": stage,
        "Amount": f"{amount}.00",
        "Probability": str(number * 13 % 101),
        "ExpectedRevenue": f"{amount / 2}",
        "CloseDate": f"{year}-{day} 00:00:00",
        "Type": "New Business",
        "NextStep": "call again",
        "LeadSource": "Web",
        "IsClosed": str(int(stage.startswith("Closed"))),
        "IsWon": str(int(stage == "Closed Won")),
        "ForecastCategory": "Pipeline",
        "CurrencyIsoCode": "EUR",
        "CampaignId": "000000000000000AAA",
        "OwnerId": f"005{number * 17 % 900:012}AAA",
        "CreatedDate": moment,
        "CreatedById": f"005{number * 3 % 900:012}AAA",
        "LastModifiedDate": moment,
        "SystemModstamp": moment,
        "LastActivityDate": "",
        "FiscalYear": str(year),
    }
