"""What holds for one stage map: what a stage of a CRM means."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # only quality.py imports this file, inside a function

from expectations.common import SLUG, between, known, one_of, rows, short
from expectations.crm import OUTCOMES
from expectations.sql import never

REQUIRED = frozenset({"stages"})

SUITES: dict[str, list[Expectation]] = {
    "stages": [
        rows(1, 100_000, "the map names at least one stage", "a stage is a line that somebody wrote"),
        never(
            f"not regexp_full_match(source, '{SLUG}')",
            "source",
            "a source is the name of a landing folder, such as hubspot",
            "stages are matched within one source; those of another name would match nothing",
        ),
        known("outcome", "every stage has an outcome", "a stage that means nothing need not be mapped"),
        one_of(
            "outcome", OUTCOMES, "an outcome is won, lost or open", "a deal has no other end, and win rates no other"
        ),
        between(
            "position",
            0,
            1_000,
            "a position lies between 0 and 1,000",
            "it is a place in a pipeline; larger ones are ids of stages",
            severity="warning",
        ),
        short(["pipeline", "stage"]),
    ],
}
