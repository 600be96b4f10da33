"""What holds for one person query of Viva Insights: one number per person, period and metric."""

from __future__ import annotations

from datetime import date

from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # only quality.py imports this file, inside a function

from expectations.common import LATEST_DATE, between, known
from expectations.sql import never

REQUIRED = frozenset({"metrics"})

SUITES: dict[str, list[Expectation]] = {
    "metrics": [
        between(
            "period_start_date",
            date(2015, 1, 1),
            LATEST_DATE,
            "every period begins between 2015 and the day the file was seen",
            "the service is no older; a query cannot count what is still to come, a day of grace for time zones",
        ),
        never(
            "not regexp_full_match(metric, '[^\\s@]{{1,255}}') or metric <> lower(metric)",
            "metric",
            "a metric is one word in lower case, such as meeting_hours",
            "it is a heading, spelled in one way; anything else in this column is text that somebody typed",
        ),
        known("value", "every row has its value", "a period that a metric does not tell has no row"),
        never(
            "value < 0",
            "value",
            "no value is negative",
            "hours, days and counts are not; an analyst may have made a metric that can be",
            severity="warning",
        ),
    ],
}
