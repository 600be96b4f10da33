"""What holds for one account map: space of a tool -> account of a CRM."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # only quality.py imports this file, inside a function

from expectations.common import SLUG, rows, short
from expectations.crm import domain
from expectations.sql import never

REQUIRED = frozenset({"account_spaces"})


def _folder(column: str, what: str) -> Expectation:
    return never(
        f"not regexp_full_match({column}, '{SLUG}')",
        column,
        f"{what} is the name of a landing folder",
        "spaces and accounts are looked up in its tables; under another name nothing would be found",
    )


SUITES: dict[str, list[Expectation]] = {
    "account_spaces": [
        rows(1, 1_000_000, "the map names at least one space", "a pair is a line that somebody wrote or a query gave"),
        _folder("tool", "a tool"),
        _folder("source", "a CRM"),
        never(
            "account_id = '' and domain = ''",
            "account_id, domain",
            "every space has an account or a domain",
            "without either the line would tie the space to nothing",
        ),
        domain("domain <> ''"),
        short(["space", "account_id"]),
    ],
}
