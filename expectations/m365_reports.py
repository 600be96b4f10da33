"""What holds for one usage report of Microsoft 365. Its counts are of one window; no two windows may be added."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # only quality.py imports this file, inside a function

from expectations import collaboration
from expectations.common import not_negative, short

REQUIRED: frozenset[str] = frozenset()  # a report holds one of its tables

SUITES: dict[str, list[Expectation]] = {
    **collaboration.suites("activity"),
    "groups": [
        *collaboration.window(),
        not_negative(
            ("member_count", "post_count", "read_count", "reaction_count"),
            "no count is negative",
            "they count members and what they did",
        ),
        short(["group_name", "kind"]),
    ],
}
