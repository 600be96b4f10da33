"""What holds for the tables that CRMs share (sources/crm_shapes.py), and what Salesforce's have in common with them.

People type what they like into a CRM, so odd business values are warnings; only what would make a KPI wrong without
anybody noticing closes the door. Keys, people and shapes: `raw.py`.
"""

from __future__ import annotations

from datetime import date

from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # only quality.py imports this file, inside a function

from expectations.common import CODE, EARLIEST, between, known, mostly_known, not_later, one_of, rows, short
from expectations.sql import never

MOST_RECORDS = 500_000_000  # landing.py unpacks at most 200 GB, and a record of these objects takes at least 400 bytes
OUTCOMES = ("won", "lost", "open")


def some(what: str, least: int = 1) -> Expectation:
    """least: 0 where an object may be empty, 1 where that means that nobody may read it."""
    limits = "the upper bound follows from the limits of landing.py"
    if not least:
        return rows(0, MOST_RECORDS, f"the number of {what}s is one that a file can hold", limits)
    lost = "an object without records was exported without the right to read it"
    return rows(1, MOST_RECORDS, f"there is at least one {what}", f"{lost}; {limits}")


def times(*columns: str) -> list[Expectation]:
    return [
        expectation
        for column in columns
        for expectation in (
            not_later(
                column,
                f"no {column} is after the file was seen",
                "the export cannot know later records; a day of grace for clocks and time zones",
            ),
            since_2000(column),
        )
    ]


def since_2000(column: str) -> Expectation:
    return between(
        column,
        EARLIEST,
        None,
        f"no {column} is from before 2000",
        "these tools opened then or later; older records were brought in with a date set by hand",
        severity="warning",
    )


def values() -> list[Expectation]:
    """What a deal is worth, how likely it is, and when it is to close."""
    return [
        between(
            "probability",
            0,
            1,
            "a probability lies in [0, 1]",
            "CRMs keep percent, the parser divides; 60 instead of 0.6 would mean that it did not",
        ),
        between(
            "amount",
            -1e13,
            1e13,
            "an amount is finite and has at most 13 digits",
            "a billion dollars is 1.6e13 in the smallest currency unit in use (rupiah); more is a broken cell",
        ),
        between(
            "close_date",
            date(1990, 1, 1),
            date(2100, 1, 1),
            "a close date lies between 1990 and 2100",
            "it may be planned, and is often moved, but other centuries are slips such as 0206 for 2026",
            severity="warning",
        ),
        never(
            f"not regexp_full_match(currency, '{CODE}')",
            "currency",
            "a currency is a code of three capital letters",
            "ISO 4217; amounts in different currencies are never added up, so a misspelt one stands alone",
            severity="warning",
        ),
    ]


def domain(where: str = "true") -> Expectation:
    """where: the rows that have one."""
    return never(
        f"{where} and (not regexp_full_match(domain, '[^\\s/:?#@]+[.][^\\s/:?#@.]+') or domain <> lower(domain))",
        "domain",
        "a domain is a host in lower case, such as example.org",
        "a web address may lead to a person's page, an e-mail address is a person's",
    )


SUITES: dict[str, list[Expectation]] = {
    "deals": [
        some("deal"),
        *times("created_at", "modified_at"),
        *values(),
        one_of(
            "outcome",
            OUTCOMES,
            "an outcome is won, lost or open",
            "the export's own word, translated; NULL where a stage map is needed",
        ),
        never(
            "closed_at is not null and outcome is distinct from 'won' and outcome is distinct from 'lost'",
            "closed_at, outcome",
            "only deals that were won or lost have a time of closing",
            "an open deal has a planned day alone; taken for a closing it would end the deal's time at risk",
        ),
        not_later(
            "closed_at",
            "no closed_at is after the file was seen",
            "it is a day that people may set; one to come was planned, not reached",
            severity="warning",
        ),
        since_2000("closed_at"),
        known(
            "stage",
            "every deal has a stage",
            "these tools demand one; a view that does not show it tells no progress",
            severity="warning",
        ),
        short(["pipeline", "stage", "deal_type"]),
        mostly_known(
            "owner_id",
            0.5,
            "at least half of the deals have an owner",
            "without one a deal belongs to no unit; where most have none, the view did not show the owner",
        ),
    ],
    "deal_stages": [some("change", 0), *times("entered_at"), short(["pipeline", "stage"])],
    "accounts": [
        some("account", 0),
        *times("created_at", "modified_at"),
        domain(),
        short(["industry"]),
    ],
    "owners": [
        some("owner"),
        mostly_known(
            "email",
            0.5,
            "at least half of the owners have an address",
            "owners of deals are matched with people by it; a list without addresses matches nobody",
        ),
    ],
}


def suites(*tables: str) -> dict[str, list[Expectation]]:
    """The suites of these tables."""
    return {table: SUITES[table] for table in tables}
