"""What holds for files of Slack Analytics: accounts and public channels by day, the day being the window."""

from __future__ import annotations

from datetime import date

from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # only quality.py imports this file, inside a function

from expectations import collaboration
from expectations.common import LATEST_DATE, between, not_later, not_negative, short
from expectations.sql import never

COUNTS = [
    *(f"{who}_count" for who in ("total_member", "full_member", "guest_member", "viewer", "poster")),
    *(f"{what}_count" for what in ("message", "member_message", "reaction")),
]

REQUIRED: frozenset[str] = frozenset()  # Slack makes one file a day and type


def _day() -> Expectation:
    return between(
        "date",
        date(2013, 1, 1),
        LATEST_DATE,
        "every day lies between the start of Slack and the day the file was seen",
        "Slack began in 2013; a report cannot count what is still to come, a day of grace for time zones",
    )


SUITES: dict[str, list[Expectation]] = {
    **collaboration.suites("activity"),
    "channels": [
        _day(),
        not_negative(COUNTS, "no count is negative", "they count people, messages and reactions of one day"),
        never(
            "poster_count > message_count",
            "poster_count, message_count",
            "nobody posts without a message",
            "each counts one at least; more people than messages means that columns were mixed up",
            severity="warning",
        ),
        *(
            not_later(column, f"no {column} is after the file was seen", "a day of grace for clocks and time zones")
            for column in ("created_at", "last_active_at")
        ),
        never(
            "not regexp_full_match(visibility, '[a-z_]{{1,40}}') "
            "or not regexp_full_match(channel_type, '[a-z_]{{1,40}}')",
            "visibility, channel_type",
            "visibility and type are words of Slack's, such as public",
            "anything else in these columns is text that somebody typed",
            severity="warning",
        ),
    ],
    "channel_names": [_day(), short(["name"])],
}
