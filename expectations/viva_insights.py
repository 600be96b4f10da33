"""What holds for one person query of Viva Insights."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # only quality.py imports this file, inside a function

from expectations.common import SLUG, between, known
from expectations.sql import never

REQUIRED = frozenset({"metrics"})

SUITES: dict[str, list[Expectation]] = {
    "metrics": [
        never(
            f"not regexp_full_match(metric, '{SLUG}')",
            "metric",
            "a metric is one word in lower case",
            "it is made of a column's name; anything else would be text of a cell",
        ),
        known("value", "every row has a value", "a period that a metric does not tell has no row"),
        between(
            "value",
            0,
            1_000_000,
            "no value is negative or beyond a million",
            "hours, counts and days of one person in one period",
        ),
    ]
}
