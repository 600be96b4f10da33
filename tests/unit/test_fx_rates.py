"""Exchange rates: one rate a month and currency, above 0, to a currency that is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.parsed import parsed, refusal, written
from throughline.sources.fx_rates import SOURCE


@pytest.mark.parametrize(
    "text",
    [
        "month,currency,rate_to_eur\n2024-01,usd,0.9\n",
        "Month;Currency;Rate;Base currency\n2024-01;USD;0.9;EUR\n",
        "Rate to EUR,Currency,Month\n0.9,USD,2024-01\n",
    ],
)
def test_the_base_stands_in_the_header_or_in_a_column(tmp_path: Path, text: str) -> None:
    assert parsed(SOURCE, written(tmp_path / "r.csv", text))["rates"] == [
        {"month": "2024-01", "currency": "USD", "base_currency": "EUR", "rate": 0.9}
    ]


def test_rows_that_cannot_be_used_are_rejected(tmp_path: Path) -> None:
    rows = [
        "2024-01,USD,0.9",
        "2024-01,USD,0.9",
        "2024-01,USD,0.8",
        "2024-13,USD,0.9",
        "2024-02,Dollar,0.9",
        "2024-02,USD,0",
        "2024-03,USD,-1",
        "2024-04,USD,x",
        "2024-05,USD,0.9",
        "2024-06,USD,0.9",
        "2024-07-01,USD,0.9",
        "2024-07,USD,0.8",
        "2024-08-02,USD,0.9",
    ]
    found = parsed(SOURCE, written(tmp_path / "r.csv", "month,currency,rate_to_eur\n" + "\n".join(rows) + "\n"))
    assert [row["month"] for row in found["rates"]] == ["2024-01", "2024-01", "2024-05", "2024-06", "2024-07"]
    assert all(" row " in bad.place for bad in found.rejected)
    assert sorted(bad.reason for bad in found.rejected) == [
        "an earlier row gives another rate for the month and currency",
        "an earlier row gives another rate for the month and currency",
        "currency cannot be read as currency",
        "month is not YYYY-MM",
        "month is not YYYY-MM",
        "rate cannot be read as number",
        "the rate is not above 0",
        "the rate is not above 0",
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("month,currency,rate\n2024-01,USD,0.9\n", "column base currency is missing"),
        ("month,currency,rate_to_eur,rate_to_usd\n2024-01,GBP,1,1\n", "several currencies side by side"),
        ('month,currency,rate_to_eur\n2024-01,USD,"0,9"\n', "most values cannot be read as number"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, what: str) -> None:
    assert what in refusal(SOURCE, written(tmp_path / "r.csv", text))
