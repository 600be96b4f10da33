"""What holds for one identity map: account of a tool -> e-mail address."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # only quality.py imports this file, inside a function

from expectations.common import SLUG, known, rows
from expectations.sql import never

REQUIRED = frozenset({"identities"})

SUITES: dict[str, list[Expectation]] = {
    "identities": [
        rows(
            1,
            50_000_000,
            "the map names at least one account",
            "a map of nobody was cut off; the largest employers have 3 million people with a dozen accounts each",
        ),
        never(
            f"not regexp_full_match(tool, '{SLUG}')",
            "tool",
            "a tool is the name of a landing folder, such as hubspot",
            "accounts are keyed by it; under another name the same account would be somebody else",
        ),
        known("email", "every account has an address", "the map says nothing else"),
    ],
}
