"""What holds for a calendar of the organisation, or a list of holidays."""

from __future__ import annotations

from datetime import date

from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # only quality.py imports this file, inside a function

from expectations.common import ZONE, between, known, rows, short
from expectations.sql import never

REQUIRED: frozenset[str] = frozenset()  # a calendar need not list holidays, and a list of them is no calendar

SUITES: dict[str, list[Expectation]] = {
    "calendars": [
        rows(1, 1_000, "there is at least one calendar", "each file is one"),
        known("time_zone", "a calendar has a time zone", "local hours are of no time without it"),
        never(
            f"not regexp_full_match(time_zone, '{ZONE}')",
            "time_zone",
            "a time zone is named as in Europe/Berlin",
            "DuckDB and Spark find the rules of summer time by it",
        ),
        never(
            "not coalesce(0 <= business_from_minutes and business_from_minutes < business_until_minutes "
            "and business_until_minutes <= 1440, false)",
            "business_from_minutes, business_until_minutes",
            "business hours begin before they end, within one day",
            "they are minutes after midnight, of which a day has 1440; without an end, no hour would be outside them",
        ),
        never(
            "not coalesce(regexp_full_match(weekdays, '[1-7]( [1-7]){{0,6}}'), false)",
            "weekdays",
            "weekdays are ISO numbers, such as 1 2 3 4 5",
            "1 is Monday; on other words no day would be a working day",
        ),
        short(["calendar"]),
    ],
    "holidays": [
        rows(1, 1_000_000, "there is at least one holiday", "a thousand for each of a thousand calendars at most"),
        between(
            "holiday_date",
            date(2000, 1, 1),
            date(2100, 1, 1),
            "a holiday lies between 2000 and 2100",
            "older ones matter to no record; other centuries are slips of the pen",
            severity="warning",
        ),
        short(["calendar"]),
    ],
}
