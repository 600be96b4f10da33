"""What holds for one Salesforce export: a weekly ZIP, or the CSV of one object. Keys, people and shapes: `raw.py`.

People type what they like into a CRM, so odd business values are warnings; only what would make a KPI wrong without
anybody noticing closes the door.
"""

from __future__ import annotations

from great_expectations import expectations as gxe  # noqa: TID253  # only quality.py imports this file, inside a function
from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # the same

from expectations import crm
from expectations.sql import NoRows, never

REQUIRED: frozenset[str] = frozenset()  # a CSV holds one object; a file without any is refused as a whole


def _id(column: str, prefix: str, what: str) -> Expectation:
    return never(
        f"not regexp_full_match({column}, '{prefix}[A-Za-z0-9]{{{{12}}}}([A-Za-z0-9]{{{{3}}}})?')",
        column,
        f"every {column} is the id of {what}",
        f"Salesforce ids have 15 or 18 letters and digits and tell the object by their start, here {prefix}; "
        "links in messages find a deal by it",
        severity="warning",
    )


SUITES: dict[str, list[Expectation]] = {
    "accounts": [
        crm.some("account", 0),
        _id("account_id", "001", "an account"),
        *crm.times("created_at", "modified_at"),
        crm.domain(),
    ],
    "contacts": [
        crm.some("contact", 0),
        _id("account_id", "001", "an account"),
        *crm.times("created_at", "modified_at"),
    ],
    "opportunities": [
        crm.some("opportunity"),
        _id("opportunity_id", "006", "an opportunity"),
        _id("account_id", "001", "an account"),
        *crm.times("created_at", "modified_at"),
        *crm.values(),
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
        crm.some("change", 0),
        _id("opportunity_id", "006", "an opportunity"),
        gxe.ExpectColumnValuesToNotBeNull(
            column="created_at",
            description="every change has its time",
            notes="a deal is closed at the time of its change of stage; without one it would stay open",
        ),
        *crm.times("created_at"),
        *crm.values(),
    ],
    "users": [
        crm.some("user"),
        *crm.times("modified_at"),
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
