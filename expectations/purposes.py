"""What holds for one registered purpose. Keys and shapes: `raw.py`.

An incomplete purpose is taken, and counted as not measurable; what closes the door is what would be judged wrongly.
"""

from __future__ import annotations

from datetime import date

from great_expectations import expectations as gxe  # noqa: TID253  # only quality.py imports this file, inside a function
from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # the same

from expectations.sql import never

METHODS = ["did", "staggered_did", "landmark", "randomised"]
METRIC = "[A-Z][0-9]+[a-z]?(_[a-z0-9]+)*"  # L1, C1b_180, C2_rmst

REQUIRED = frozenset({"purposes"})


def _metric(column: str) -> Expectation:
    return never(
        f"not regexp_full_match({column}, '{METRIC}')",
        column,
        f"{column} is the id of a metric, such as C1b_180",
        "only published numbers can be moved; which ids there are is known to dim_metric",
    )


def _design() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="method",
            value_set=METHODS,
            description="the method is one that this project estimates with",
            notes="those of impact.md, section 2; a method that nobody knows would never be run",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="min_effect_of_interest",
            min_value=0,
            strict_min=True,
            description="the smallest effect of interest is above zero",
            notes="at zero any difference would be worth having, and none could ever be ruled out",
        ),
    ]


SUITES: dict[str, list[Expectation]] = {
    "purposes": [
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            max_value=10_000,
            description="the file registers at least one purpose",
            notes="a purpose is a page that somebody wrote; ten thousand in one file were generated",
        ),
        never(
            "not regexp_full_match(purpose_id, '[a-z0-9][a-z0-9_-]{{0,99}}')",
            "purpose_id",
            "an id is a slug, such as faster-handover",
            "it names rows and files, and must not begin with _, as the organisation's own (_org) does",
        ),
        never(
            "not regexp_full_match(content_hash, '[0-9a-f]{{64}}')",
            "content_hash",
            "every version has the hash of its content",
            "a sha256 has 64 hexadecimal digits; an amendment is told from a copy by it",
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="stage",
            value_set=["skunkworks", "pilot", "scaled", "stopped"],
            description="the stage is one of four",
            notes="those that a purpose can declare; adoption's stages are measured, not declared",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="lot_share",
            min_value=0,
            max_value=1,
            strict_min=True,
            strict_max=True,
            description="a lot draws some units and leaves some",
            notes="it is the planned share of the drawn; with none or all of them there is nothing to compare",
        ),
        _metric("behaviour_metric"),
        _metric("outcome_metric"),
        *_design(),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="baseline_until_date",
            column_B="baseline_from_date",
            ignore_row_if="either_value_is_missing",
            description="the baseline has at least one day",
            notes="its end is the first day after it",
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="start_date",
            column_B="baseline_until_date",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
            description="a purpose starts after its baseline",
            notes="a baseline that saw the treatment is none",
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="target_by_date",
            column_B="start_date",
            ignore_row_if="either_value_is_missing",
            severity="warning",
            description="the target is due after the start",
            notes="otherwise it was reached, or missed, before anything was done",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="start_date",
            min_value=date(2000, 1, 1),
            max_value=date(2100, 1, 1),
            description="a purpose starts between 2000 and 2100",
            notes="no source holds older records, so nothing could be seen; later ones are slips of the pen",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="landmark_days",
            min_value=0,
            max_value=365,
            description="the landmark lies within a year",
            notes="deals closed before it are left out; a year leaves hardly any (14 is usual, 7 and 30 are tried too)",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="registered_at",
            max_value={"$PARAMETER": "latest"},
            strict_max=True,
            description="no purpose is registered after its file was seen",
            notes="registration is the moment at which the file was first taken; all that follows is an amendment",
        ),
        gxe.ExpectColumnValuesToNotBeNull(
            column="registered_at",
            description="every version has the time of its registration",
            notes="whether a design was fixed before its results is told by it",
        ),
        never(
            "is_measurable is null or is_measurable <> (coalesce(missing, '') = '')",
            "is_measurable, missing",
            "a purpose is measurable exactly when nothing is missing",
            "P2 counts by the one and tells the reader by the other",
        ),
    ],
    "spaces": [
        gxe.ExpectTableRowCountToBeBetween(
            min_value=0,
            max_value=100_000,
            description="the number of spaces is one that people can name",
            notes="ten for each of the ten thousand purposes that a file may hold",
        ),
        never(
            "space_source is null or not regexp_full_match(space_source, '[a-z][a-z0-9_]*')",
            "space_source",
            "a space belongs to a source, or is a tag",
            "links are made within one tool; a space of none would never match",
        ),
        never(
            "coalesce(trim(pattern), '') in ('', '*') or contains(pattern, '#') or pattern <> lower(pattern)",
            "pattern",
            "a pattern is lower-case, without #, and does not match everything",
            "it is compared with lower-case names; an empty one, or *, would claim all that anybody writes",
        ),
    ],
    "org_units": [
        gxe.ExpectTableRowCountToBeBetween(
            min_value=0,
            max_value=1_000_000,
            description="the number of units is one that a population can have",
            notes="a hundred for each of the ten thousand purposes that a file may hold",
        ),
        never(
            "trim(org_unit) = ''",
            "org_unit",
            "a unit of the population has a name",
            "it is compared with the roster's; an empty one would never match",
        ),
    ],
    "looks": [
        gxe.ExpectTableRowCountToBeBetween(
            min_value=0,
            max_value=100_000,
            description="the number of looks is one that people can plan",
            notes="ten for each of the ten thousand purposes that a file may hold",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="look_date",
            min_value=date(2000, 1, 1),
            max_value=date(2100, 1, 1),
            description="a result is looked at between 2000 and 2100",
            notes="no source holds older records, so nothing could be seen; later ones are slips of the pen",
        ),
    ],
    "secondary": [
        gxe.ExpectTableRowCountToBeBetween(
            min_value=0,
            max_value=100_000,
            description="the number of further outcomes is one that people can declare",
            notes="ten for each of the ten thousand purposes that a file may hold",
        ),
        _metric("outcome_metric"),
        *_design(),
    ],
}
