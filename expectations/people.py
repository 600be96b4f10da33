"""What holds for one roster: a person's unit, manager and level over time. Keys, people and shapes: `raw.py`."""

from __future__ import annotations

from datetime import date

from great_expectations import expectations as gxe  # noqa: TID253  # only quality.py imports this file, inside a function
from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # the same

from expectations.sql import never

REQUIRED = frozenset({"roster"})

SUITES: dict[str, list[Expectation]] = {
    "roster": [
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            max_value=50_000_000,
            description="the roster names at least one person",
            notes="every share has the eligible people below its line; the largest employers have 3 million people, "
            "each with a dozen assignments at most",
        ),
        gxe.ExpectColumnValuesToNotBeNull(
            column="org_unit",
            description="every assignment is to a unit",
            notes="KPIs are told by unit; without one a person would be in none of them",
        ),
        never(
            "trim(org_unit) = '' or length(org_unit) > 200",
            "org_unit",
            "a unit has a name of at most 200 characters",
            "longer ones are notes from another column",
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="end_date",
            column_B="start_date",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
            description="no assignment ends before it starts",
            notes="the last day is included, so one day is the shortest; the reverse means swapped columns",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="start_date",
            min_value=date(1940, 1, 1),
            max_value=date(2100, 1, 1),
            severity="warning",
            description="assignments start between 1940 and 2100",
            notes="nobody at work joined earlier; later ones are placeholders such as 9999-12-31",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="level",
            min_value=0,
            max_value=30,
            severity="warning",
            description="a level lies between 0 and 30",
            notes="0 is the head of the organisation; grades of pay, which may be hundreds, are no levels",
        ),
        gxe.ExpectColumnValuesToNotBeNull(
            column="is_external",
            severity="warning",
            description="of everybody it is known whether they are external",
            notes="guests are reported apart; NULL would put them among the employees",
        ),
        never(
            "leader_band is not null and not is_leader",
            "leader_band",
            "who has a leader band is a leader",
            "the band decides in which row of the leaders' KPIs a person counts",
            severity="warning",
        ),
        never(
            "manager_email = email",
            "manager_email",
            "nobody is their own manager",
            "levels are counted along managers; some systems write so for the head, who then has no level",
            severity="warning",
        ),
        never(
            "not regexp_full_match(time_zone, '[A-Za-z_]+(/[A-Za-z0-9_+-]+)*')",
            "time_zone",
            "a time zone is named as in Europe/Berlin",
            "working hours are counted in it; others are read as the organisation's own",
            severity="warning",
        ),
    ],
}
