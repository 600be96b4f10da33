"""What holds for everything that is about to be published: schema kpi, on its way out.

dbt has tested the models as they were built. What is published is staged from them, with cells held back against the
last release; so here the tables are looked at once more, as a reader will get them: one row a key, nothing shown that
is hidden elsewhere in its row, no cell of fewer than k people, no number outside what it can be, no trace of a person.
"""

from __future__ import annotations

from great_expectations import expectations as gxe  # noqa: TID253  # only quality.py imports this file, inside a function
from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # the same
from great_expectations.expectations.row_conditions import Column  # noqa: TID253  # the same

from expectations.sql import NoRows

HIDDEN = ["below_k", "complementary", "dominance"]
REASONS = [*HIDDEN, "differencing", "small_n", "insufficient_n", "not_observable", "not_yet"]
CLAIM_LEVELS = ["none", "descriptive", "associated", "consistent_with_effect", "caused"]
VERDICTS = ["refused", "supported", "harm", "association_only", "null_supported", "inconclusive"]
CHASM = ["before", "in_chasm", "crossed"]
GROWTH = ["growing", "falling", "undetermined"]
T16 = ["reached", "forecast", "refused"]
CELL = ("purpose_id", "unit_type", "unit", "period_start", "period_grain")
OF_PURPOSES = "('P2', 'P3', 'measurable_purpose_share', 'live_purpose_share')"  # they count purposes, not people
# columns that hold hashes of files and runs; all other hexadecimal texts of 32 digits are people
OF_RUNS = "('run_id', 'input_fingerprint')"
_HIDDEN = "('" + "', '".join(HIDDEN) + "')"

# one row per row and column of any table, NULLs left out, everything as text
_CELLS = (
    "(unpivot (select row_number() over () as row_number, columns(*)::varchar from {batch}) "
    "on columns(* exclude row_number) into name name value text)"
)
# one row per row and metric of a wide table: the metric's slug, its value, and the columns that bear its name
_WIDE = (
    "(select row_number, regexp_replace(name, '_(n|ci_low|ci_high|suppressed_reason)$', '') as slug, "  # noqa: S608  # our own names
    "max(text) filter (not regexp_matches(name, '_(n|ci_low|ci_high|suppressed_reason)$')) as value, "
    "max(text) filter (suffix(name, '_n')) as n, max(text) filter (suffix(name, '_ci_low')) as ci_low, "
    "max(text) filter (suffix(name, '_ci_high')) as ci_high, "
    "max(text) filter (suffix(name, '_suppressed_reason')) as reason "
    f"from {_CELLS} group by all)"
)


def _key(*columns: str) -> Expectation:
    unique = {
        "description": f"one row per {', '.join(columns)}",
        "notes": "readers join on these columns; two rows would double whatever they add up",
    }
    if len(columns) > 1:
        return gxe.ExpectCompoundColumnsToBeUnique(column_list=list(columns), **unique)
    return gxe.ExpectColumnValuesToBeUnique(column=columns[0], **unique)


def _nobody() -> Expectation:
    return NoRows(
        unexpected_rows_query=f"select 1 from {_CELLS} "  # noqa: S608  # our own names
        f"where (regexp_full_match(text, '[0-9a-f]{{{{32}}}}') and name not in {OF_RUNS}) "
        "or (contains(text, '@') and regexp_matches(text, '[^\\s@<]+@[^\\s@]+[.][A-Za-z]{{2,}}'))",
        description="no column holds a person's pseudonym or address",
        notes="rows about single people never leave the restricted schemas; a pseudonym has 32 hexadecimal digits",
        meta={"column": "(all texts)"},
    )


def _rows(what: str, severity: str = "critical") -> Expectation:
    return gxe.ExpectTableRowCountToBeBetween(
        min_value=1,
        severity=severity,
        description=f"there is at least one {what}",
        notes="a table that lost its rows looks like an organisation in which nothing happens",
    )


def _one_of(column: str, values: list[str]) -> Expectation:
    return gxe.ExpectColumnValuesToBeInSet(
        column=column,
        value_set=values,
        description=f"{column} is one of {', '.join(values)}",
        notes="the closed set of kpis.md and impact.md, which readers branch on",
    )


def _between(column: str, low: str, high: str) -> Expectation:
    return NoRows(
        unexpected_rows_query=f"select 1 from {{batch}} where {low} > {high} "  # noqa: S608  # our own names
        f"or {column} < {low} - 1e-9 or {column} > {high} + 1e-9 or not isfinite({column})",
        description=f"{column} is finite and lies in its interval",
        notes="an interval that leaves its own estimate out was computed from something else; 1e-9 is rounding",
        meta={"column": f"{column}, {low}, {high}"},
    )


def _wide(*more: Expectation) -> list[Expectation]:
    return [
        _key(*CELL),
        _nobody(),
        NoRows(
            unexpected_rows_query=f"select 1 from {_WIDE} where reason in {_HIDDEN} "  # noqa: S608  # our own words
            "and coalesce(value, n, ci_low, ci_high) is not null",
            description="a hidden number shows no value, no interval and no n",
            notes="from n, or from one end of an interval, the number can be worked out",
            meta={"column": "(all metrics)"},
        ),
        NoRows(
            unexpected_rows_query=f"select 1 from {_WIDE} where value is not null "  # noqa: S608  # our own words
            f"and slug not in {OF_PURPOSES} and try_cast(n as bigint) < 5",
            description="no number is shown for fewer than five people",
            notes="the floor under k, whatever k is set to; kpi_value is held to k itself",
            meta={"column": "(all metrics)"},
        ),
        NoRows(
            unexpected_rows_query=f"select 1 from {_WIDE} as w join dim_metric as m on m.slug = w.slug "  # noqa: S608  # our own words
            "where m.unit_of_measure = 'share' and not try_cast(w.value as double) between 0 and 1",
            description="a share lies in [0, 1]",
            notes="it is a part of a whole; dim_metric says which numbers are shares",
            meta={"column": "(all shares)"},
        ),
        NoRows(
            unexpected_rows_query=f"select 1 from {_WIDE} "  # noqa: S608  # our own words
            "where try_cast(ci_low as double) > try_cast(ci_high as double) "
            "or try_cast(value as double) < try_cast(ci_low as double) - 1e-9 "
            "or try_cast(value as double) > try_cast(ci_high as double) + 1e-9",
            description="a number lies in its interval",
            notes="an interval that leaves its own estimate out was computed from something else; 1e-9 is rounding",
            meta={"column": "(all metrics)"},
        ),
        *more,
    ]


SUITES: dict[str, list[Expectation]] = {
    "kpi_value": [
        _rows("number", severity="warning"),
        _key("purpose_id", "metric_id", "metric_version", *CELL[1:]),
        _nobody(),
        _one_of("suppressed_reason", REASONS),
        _between("value", "ci_low", "ci_high"),
        gxe.ExpectColumnValuesToBeBetween(
            column="coverage",
            min_value=0,
            max_value=1,
            description="coverage lies in [0, 1]",
            notes="it is the part of the people, or deals, that the sources can show",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="n",
            min_value={"$PARAMETER": "min_cohort"},
            row_condition=Column("value").is_not_null() & Column("metric_id").is_not_in(["P2", "P3"]),
            description="no number is shown for fewer than k people",
            notes="k is THROUGHLINE_MIN_COHORT; P2 and P3 count purposes, which are not people",
        ),
        NoRows(
            unexpected_rows_query=f"select 1 from {{batch}} where suppressed_reason in {_HIDDEN} "  # noqa: S608  # our own words
            "and (value is not null or n is not null or ci_low is not null or ci_high is not null)",
            description="a hidden number shows no value, no interval and no n",
            notes="from n, or from one end of an interval, the number can be worked out",
            meta={"column": "value, n, ci_low, ci_high"},
        ),
        NoRows(
            unexpected_rows_query="select 1 from {batch} where value is null and suppressed_reason is null",
            description="where there is no number, there is a reason",
            notes="null is not zero, and readers ask why",
            meta={"column": "suppressed_reason"},
        ),
        NoRows(
            unexpected_rows_query="select 1 from {batch} as v join dim_metric as m using (metric_id, metric_version) "
            "where m.unit_of_measure = 'share' and not v.value between 0 and 1",
            description="a share lies in [0, 1]",
            notes="it is a part of a whole; dim_metric says which numbers are shares",
            meta={"column": "value"},
        ),
        NoRows(
            unexpected_rows_query="select 1 from {batch} as v "
            "left join dim_metric as m using (metric_id, metric_version) where m.metric_id is null",
            description="every number is defined in dim_metric",
            notes="a number without a definition cannot be read",
            meta={"column": "metric_id"},
        ),
    ],
    "kpi_leader_engagement": _wide(),
    "kpi_adoption": _wide(_one_of("chasm_status", CHASM), _one_of("growth", GROWTH)),
    "kpi_behaviour": _wide(),
    "kpi_purpose_coverage": _wide(),
    "kpi_outcome": _wide(),
    "kpi_adoption_forecast": [
        _key("purpose_id", "scenario", "period_start"),
        _nobody(),
        _one_of("t16_status", T16),
        _between("bass_forecast", "bass_forecast_ci_low", "bass_forecast_ci_high"),
        gxe.ExpectColumnValuesToBeBetween(
            column="bass_forecast_n",
            min_value={"$PARAMETER": "min_cohort"},
            row_condition=Column("bass_forecast").is_not_null(),
            description="no forecast is shown for fewer than k people",
            notes="segments and forecasts stand on people as every other number does",
        ),
        NoRows(
            unexpected_rows_query="select 1 from {batch} where refusal_code is not null and coalesce(bass_forecast, "
            "bass_t16_weeks, bass_t16_weeks_ci_low, bass_t16_weeks_ci_high, peak_week) is not null",
            description="a refused forecast shows no number",
            notes="a date beside a refusal is quoted without it",
            meta={"column": "bass_forecast, bass_t16_weeks, peak_week"},
        ),
    ],
    "kpi_impact": [
        _key("design_id", "stratum"),
        _nobody(),
        _one_of("claim_level", CLAIM_LEVELS),
        _one_of("verdict", VERDICTS),
        _between("estimate", "ci_low", "ci_high"),
        gxe.ExpectColumnValuesToNotBeNull(
            column="sentence",
            description="every result has its sentence",
            notes="a refused result is a row too, and says why it was refused",
        ),
        NoRows(
            unexpected_rows_query="select 1 from {batch} where verdict = 'refused' "
            "and (estimate is not null or ci_low is not null or ci_high is not null)",
            description="a refused result shows no estimate",
            notes="a number beside the word refused is quoted without the word",
            meta={"column": "estimate, ci_low, ci_high"},
        ),
        NoRows(
            unexpected_rows_query="select 1 from {batch} where verdict in ('supported', 'harm') "
            "and (claim_level not in ('consistent_with_effect', 'caused') or ci_low <= 0 and ci_high >= 0)",
            description="an effect is claimed only with a design that allows it, and an interval that excludes zero",
            notes="impact.md 4.5: the level caps the verdict, so that prose cannot outrun the evidence",
            meta={"column": "verdict, claim_level"},
        ),
    ],
    "kpi_impact_event_study": [
        _key("design_id", "outcome", "event_time"),
        _nobody(),
        _between("estimate", "ci_low", "ci_high"),
    ],
    "kpi_purpose_amendment": [
        _key("purpose_id", "version_no", "field"),
        _nobody(),
        NoRows(
            unexpected_rows_query="select 1 from {batch} where old_value is not distinct from new_value",
            description="an amendment changes something",
            notes="a row without a change would call a purpose amended that was not",
            meta={"column": "old_value, new_value"},
        ),
    ],
    "kpi_calibration": [
        _key("design_id", "check_name"),
        _nobody(),
        *(
            gxe.ExpectColumnValuesToBeBetween(
                column=column,
                min_value=0,
                max_value=1,
                description=f"{column} lies in [0, 1]",
                notes="it is a share of the placebo analyses",
            )
            for column in ("false_alarm_share", "covered_share", "found_share")
        ),
        gxe.ExpectColumnValuesToNotBeNull(
            column="sentence",
            description="every calibration has its sentence",
            notes="a past that is too short is said, not left out",
        ),
    ],
    "kpi_scorecard": [
        _rows("scorecard"),
        _key("purpose_id"),
        _nobody(),
        _one_of("claim_level", CLAIM_LEVELS),
        _one_of("verdict", VERDICTS),
        _one_of("chasm_status", CHASM),
        _one_of("growth", GROWTH),
        _one_of("t16_status", T16),
        _one_of("current_suppressed_reason", REASONS),
        _between("current_value", "current_ci_low", "current_ci_high"),
        gxe.ExpectColumnValuesToBeBetween(
            column="current_n",
            min_value={"$PARAMETER": "min_cohort"},
            row_condition=Column("current_value").is_not_null() & Column("metric_id").is_not_in(["P2", "P3"]),
            description="no current value is shown for fewer than k people",
            notes="k is THROUGHLINE_MIN_COHORT; P2 and P3 count purposes, which are not people",
        ),
        NoRows(
            unexpected_rows_query="select purpose_id from dim_purpose where purpose_id not in "
            "(select purpose_id from {batch})",
            description="every purpose has its scorecard",
            notes="a purpose that is left out is one whose result nobody has to look at",
            meta={"column": "purpose_id"},
        ),
        NoRows(
            unexpected_rows_query="select 1 from "
            "(select count(*) as n from {batch} where purpose_id = '_org') where n <> 1",
            description="the organisation as a whole has one row, _org",
            notes="readers compare every purpose with it",
            meta={"column": "purpose_id"},
        ),
        gxe.ExpectColumnValuesToNotBeNull(
            column="sentence",
            description="every scorecard has its sentence",
            notes="it is what an executive reads, and the only text that may make a claim",
        ),
    ],
    "kpi_data_quality": [
        _key("source", "seen_date"),
        _nobody(),
        NoRows(
            unexpected_rows_query="select 1 from {batch} where rows_in <> rows_loaded + rows_rejected + rows_duplicate",
            description="rows in = loaded + rejected + duplicate",
            notes="nothing vanishes: what came in is counted on exactly one side",
            meta={"column": "rows_in"},
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="people_match_share",
            min_value=0,
            max_value=1,
            description="the share of people matched lies in [0, 1]",
            notes="it is the part of the accounts whose person is in the roster",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="people_match_share",
            min_value=0.5,
            severity="warning",
            description="at least half of the accounts belong to somebody in the roster",
            notes="below that most activity has no unit; the usual cause is an export without addresses",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="account_count",
            min_value={"$PARAMETER": "min_cohort"},
            row_condition=Column("people_match_share").is_not_null(),
            description="no match share is shown for fewer than k accounts",
            notes="an account is a person",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="column_coverage",
            min_value=0,
            max_value=1,
            description="the share of declared columns that are there lies in [0, 1]",
            notes="both parts of it are counts of columns",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="column_coverage",
            min_value=0.5,
            severity="warning",
            description="at least half of the declared columns are there",
            notes="an export that lacks most of what is read was made from another view than the one before",
        ),
    ],
    "dim_metric": [_rows("definition"), _key("metric_id", "metric_version"), _nobody()],
    "dim_purpose": [_key("purpose_id"), _nobody()],
    "dim_org_unit": [_key("unit", "unit_type"), _nobody()],
    "dim_date": [_rows("day", severity="warning"), _nobody()],
}
# the estimates are published when the data allow them; these always stand
REQUIRED = frozenset({"kpi_value", "kpi_scorecard", "kpi_data_quality", "dim_metric", "dim_purpose"})
