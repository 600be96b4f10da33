"""What holds for exchange rates: month, currency, base currency -> rate."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # only quality.py imports this file, inside a function

from expectations.common import CODE, between, known, rows
from expectations.sql import never

REQUIRED = frozenset({"rates"})

SUITES: dict[str, list[Expectation]] = {
    "rates": [
        rows(
            1,
            1_000_000,
            "there is at least one rate",
            "180 currencies, each month of four decades, to a handful of base currencies",
        ),
        never(
            "not regexp_full_match(month, '(19|20)[0-9]{{2}}-(0[1-9]|1[0-2])')",
            "month",
            "a month is written as 2026-05",
            "deals find their rate by it; one in another form would never be found",
        ),
        never(
            f"not regexp_full_match(currency, '{CODE}') or not regexp_full_match(base_currency, '{CODE}')",
            "currency, base_currency",
            "both currencies are codes of three capital letters",
            "ISO 4217; deals find their rate by the code",
        ),
        known("rate", "every row has its rate", "the row says nothing else"),
        between(
            "rate",
            0,
            None,
            "a rate is above zero",
            "at zero, all amounts of the currency would vanish",
            strict_min=True,
        ),
        between(
            "rate",
            1e-7,
            1e7,
            "a rate lies between 1e-7 and 1e7",
            "the cheapest unit in use is worth a hundred-thousandth of a dollar, the dearest three dollars",
            severity="warning",
        ),
        never(
            "currency = base_currency and rate <> 1",
            "currency, rate",
            "a currency is worth one of itself",
            "another rate is that of another currency, or turned upside down",
        ),
    ],
}
