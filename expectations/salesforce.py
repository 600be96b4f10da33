"""What holds for one Salesforce export: a weekly ZIP, or the CSV of one object. Keys, people and shapes: `raw.py`.

People type what they like into a CRM, so odd business values are warnings; only what would make a KPI wrong without
anybody noticing closes the door.
"""

from __future__ import annotations

from datetime import date

from great_expectations import expectations as gxe  # noqa: TID253  # only quality.py imports this file, inside a function
from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # the same

from expectations.sql import NoRows, never

MOST_RECORDS = 500_000_000  # landing.py unpacks at most 200 GB, and a record of these objects takes at least 400 bytes

REQUIRED: frozenset[str] = frozenset()  # a CSV holds one object; a file without any is refused as a whole


def _rows(least: int, what: str) -> Expectation:
    return gxe.ExpectTableRowCountToBeBetween(
        min_value=least,
        max_value=MOST_RECORDS,
        description=f"there is at least one {what}" if least else f"the number of {what}s is one that a file can hold",
        notes="an object without records was exported without the right to read it; the upper bound follows from "
        "the limits of landing.py"
        if least
        else "the upper bound follows from the limits of landing.py",
    )


def _id(column: str, prefix: str, what: str) -> Expectation:
    return never(
        f"not regexp_full_match({column}, '{prefix}[A-Za-z0-9]{{{{12}}}}([A-Za-z0-9]{{{{3}}}})?')",
        column,
        f"every {column} is the id of {what}",
        f"Salesforce ids have 15 or 18 letters and digits and tell the object by their start, here {prefix}; "
        "links in messages find a deal by it",
        severity="warning",
    )


def _times(*columns: str) -> list[Expectation]:
    return [
        expectation
        for column in columns
        for expectation in (
            gxe.ExpectColumnValuesToBeBetween(
                column=column,
                max_value={"$PARAMETER": "latest"},
                strict_max=True,
                description=f"no {column} is after the file was seen",
                notes="the export cannot know later records; a day of grace for clocks and time zones",
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column=column,
                min_value={"$PARAMETER": "earliest"},
                severity="warning",
                description=f"no {column} is from before 2000",
                notes="Salesforce opened then; older records were brought in with a date set by hand",
            ),
        )
    ]


def _deal() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="probability",
            min_value=0,
            max_value=1,
            description="a probability lies in [0, 1]",
            notes="Salesforce keeps percent, the parser divides; 60 instead of 0.6 would mean that it did not",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="amount",
            min_value=-1e13,
            max_value=1e13,
            description="an amount is finite and has at most 13 digits",
            notes="a billion dollars is 1.6e13 in the smallest currency unit in use (rupiah); more is a broken cell",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="close_date",
            min_value=date(1990, 1, 1),
            max_value=date(2100, 1, 1),
            severity="warning",
            description="a close date lies between 1990 and 2100",
            notes="it may be planned, and is often moved, but other centuries are slips such as 0206 for 2026",
        ),
        never(
            "not regexp_full_match(currency, '[A-Z]{{3}}')",
            "currency",
            "a currency is a code of three capital letters",
            "ISO 4217; amounts in different currencies are never added up, so a misspelt one stands alone",
            severity="warning",
        ),
    ]


SUITES: dict[str, list[Expectation]] = {
    "accounts": [_rows(0, "account"), _id("account_id", "001", "an account"), *_times("created_at", "modified_at")],
    "contacts": [_rows(0, "contact"), _id("account_id", "001", "an account"), *_times("created_at", "modified_at")],
    "opportunities": [
        _rows(1, "opportunity"),
        _id("opportunity_id", "006", "an opportunity"),
        _id("account_id", "001", "an account"),
        *_times("created_at", "modified_at"),
        *_deal(),
        never(
            "is_won and not is_closed",
            "is_won, is_closed",
            "what is won is closed",
            "both follow from the stage in Salesforce; where they differ the columns were mixed up",
        ),
        gxe.ExpectColumnProportionOfNonNullValuesToBeBetween(
            column="owner_id",
            min_value=0.9,
            severity="warning",
            description="nine of ten opportunities have an owner",
            notes="Salesforce demands one; without it a deal belongs to no unit, and a team's KPIs lose it",
        ),
    ],
    "opportunity_history": [
        _rows(0, "change"),
        _id("opportunity_id", "006", "an opportunity"),
        gxe.ExpectColumnValuesToNotBeNull(
            column="created_at",
            description="every change has its time",
            notes="a deal is closed at the time of its change of stage; without one it would stay open",
        ),
        *_times("created_at"),
        *_deal(),
    ],
    "users": [
        _rows(1, "user"),
        *_times("modified_at"),
        NoRows(
            unexpected_rows_query="select 1 from (select count(*) users, count(coalesce(email, username)) addressed "
            "from {batch}) where addressed < 0.5 * users",
            severity="warning",
            description="at least half of the users have an address",
            notes="owners of deals are matched with people by it; system users have none, but are fewer than people",
            meta={"column": "email, username"},
        ),
    ],
}
