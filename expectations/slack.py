"""What holds for one Slack workspace export. Keys, people columns and shapes are checked by `raw.py`."""

from __future__ import annotations

from great_expectations import expectations as gxe  # noqa: TID253  # only quality.py imports this file, inside a function
from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # the same

from expectations import collaboration
from expectations.sql import never

REQUIRED = frozenset({"messages"})


def _sent_at(what: str) -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToNotBeNull(
            column="sent_at",
            description=f"every {what} has a time",
            notes="its identifier is its time; without one it belongs to no window",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="sent_at",
            min_value={"$PARAMETER": "earliest"},
            max_value={"$PARAMETER": "latest"},
            strict_max=True,
            description=f"no {what} is from before 2000, or from a day after the file was seen",
            notes="Slack began in 2013 and imported older chats; what is later than the export was not yet written",
        ),
    ]


SUITES: dict[str, list[Expectation]] = {
    "messages": [
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            max_value=collaboration.MOST_MESSAGES,
            description="the export holds at least one message",
            notes="Slack writes an empty archive when the date range or the plan's history is wrong; the upper bound "
            "follows from the limits of landing.py",
        ),
        *_sent_at("message"),
        never(
            "not regexp_full_match(ts, '[0-9]{{1,11}}[.][0-9]{{1,6}}') "
            "or abs(epoch(sent_at) - try_cast(ts as double)) > 1",
            "ts",
            "ts is seconds.microseconds, and is the time it was sent at",
            "both are the same field of the export; a second of difference means that a clock was misread",
        ),
        never(
            "not regexp_full_match(subtype, '[a-z][a-z0-9_]{{0,63}}')",
            "subtype",
            "a subtype is a word of Slack's, such as channel_join",
            "anything else in this column is text that somebody typed",
        ),
        *collaboration.features(),
        gxe.ExpectColumnValuesToBeBetween(
            column="text_length",
            max_value=200_000,
            severity="warning",
            description="no text is longer than Slack lets anybody write",
            notes="a message ends at 40,000 characters; escapes such as &amp; make five of one",
        ),
        gxe.ExpectColumnValuesToNotBeNull(
            column="is_bot",
            description="of every message it is known whether a bot wrote it",
            notes="people are counted by leaving bots out; NULL would leave people out too",
        ),
        gxe.ExpectColumnProportionOfNonNullValuesToBeBetween(
            column="user_id",
            min_value=0.5,
            severity="warning",
            description="at least half of the messages have an author",
            notes="only bots and removed messages have none; more than half of them means that authors were lost",
        ),
    ],
    "mentions": _sent_at("mention"),
    "reactions": [
        *_sent_at("reaction"),
        collaboration.emoji(),
    ],
    "channels": [
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            max_value=collaboration.MOST_ACCOUNTS,
            description="there is at least one conversation",
            notes="messages lie in folders, and each folder is one",
        ),
        *collaboration.kinds("those are the four lists of an export, and folders that no list names"),
    ],
    "users": collaboration.account(),
}
