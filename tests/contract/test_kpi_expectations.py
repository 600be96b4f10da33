"""Each expectation at the exit is seen to fail: a good publish passes, and each change breaks what it should.

GOOD is a publish of two rows a table; BROKEN are changes in SQL, which the tables named beside them must notice.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from throughline import quality

PROJECT = Path(__file__).resolve().parents[2]
MIN_COHORT = 10  # the changes below go to 9
CELL = "'_org' purpose_id, 'org_unit' unit_type, unnest(['A', 'B']) unit, "
CELL += "date '2026-01-05' period_start, 'w28' period_grain"
SHOWN = "unnest([0.5, null]::double[]) as {0}, unnest([0.3, null]::double[]) {0}_ci_low, "
SHOWN += "unnest([0.7, null]::double[]) {0}_ci_high, unnest([40, null]::bigint[]) {0}_n, "
SHOWN += "unnest([null, 'below_k']) {0}_suppressed_reason"
PLAIN = "0.5::double as value, 0.3::double ci_low, 0.7::double ci_high, 40::bigint n"
ESTIMATE = "0.2::double estimate, 0.1::double ci_low, 0.3::double ci_high"
WIDE = ("kpi_leader_engagement", "kpi_adoption", "kpi_behaviour", "kpi_purpose_coverage", "kpi_outcome")
CLAIM = "'inconclusive' verdict, 'associated' claim_level, 'It may be so.' sentence"
GOOD = {
    **{
        name: f"select {CELL}, {SHOWN.format('active_share')}, 'before' chasm_status, 'growing' growth" for name in WIDE
    },
    "kpi_value": f"select {CELL}, 'A2' metric_id, 1::bigint metric_version, 0.9::double coverage, "
    + SHOWN.format("value").replace("value_", ""),
    "kpi_adoption_forecast": "select 'p1' purpose_id, unnest(['all', 'ceiling_0.6']) scenario, date '2026-01-05' "
    "period_start, unnest(['forecast', null]) t16_status, unnest([null, 'BASS_UNSTABLE']) refusal_code, "
    f"{SHOWN.format('bass_forecast')}, null::double peak_week, null::double bass_t16_weeks, "
    "unnest([9, null]::double[]) bass_t16_weeks_ci_low, unnest([12, null]::double[]) bass_t16_weeks_ci_high",
    "kpi_impact": f"select 'd1' design_id, '' stratum, {ESTIMATE}, {CLAIM}",
    "kpi_impact_event_study": f"select 'd1' design_id, 'A2' outcome, 0::bigint event_time, {ESTIMATE}",
    "kpi_purpose_amendment": "select 'p1' purpose_id, 2::bigint version_no, 'target_value' field, '0.3' old_value, "
    "'0.2' new_value",
    "kpi_calibration": "select 'd1' design_id, 'placebo_start' check_name, 0.05::double false_alarm_share, "
    "0.95::double covered_share, 0.8::double found_share, 'It cries wolf.' sentence",
    "kpi_scorecard": f"select unnest(['_org', 'p1']) purpose_id, 'A2' metric_id, {CLAIM}, 'before' chasm_status, "
    "'growing' growth, 'reached' t16_status, "
    "0.5::double current_value, 0.3::double current_ci_low, 0.7::double current_ci_high, 40::bigint current_n, "
    "null::varchar current_suppressed_reason",
    "kpi_data_quality": "select unnest(['slack', 'people']) as source, date '2026-01-05' seen_date, 9::bigint rows_in, "
    "6::bigint rows_loaded, 2::bigint rows_rejected, 1::bigint rows_duplicate, 0.9::double people_match_share, "
    "40::bigint account_count, 0.9::double column_coverage",
    "dim_metric": "select 'A2' metric_id, 1::bigint metric_version, 'active_share' slug, 'share' unit_of_measure",
    "dim_purpose": "select 'p1' purpose_id, 'Faster handover' title",
    "dim_org_unit": "select unnest(['A', 'B']) unit, 'org_unit' unit_type, 'Sales' title",
    "dim_date": "select date '2026-01-05' calendar_date, 'Monday' title",
}
SOMEBODY = "no column holds a person's pseudonym or address"
HIDDEN = "a hidden number shows no value, no interval and no n"
TWICE = "insert into {t} select * from {t}"
EMPTY = "delete from {t}"
ESTIMATES = ("kpi_impact", "kpi_impact_event_study")
TEXTS = {
    "kpi_value": "unit",
    **dict.fromkeys(WIDE, "unit"),
    "kpi_adoption_forecast": "purpose_id",
    "kpi_impact": "sentence",
    "kpi_impact_event_study": "design_id",
    "kpi_purpose_amendment": "new_value",
    "kpi_calibration": "sentence",
    "kpi_scorecard": "sentence",
    "kpi_data_quality": "source",
    "dim_metric": "slug",
    "dim_purpose": "title",
    "dim_org_unit": "title",
    "dim_date": "title",
}
CALIBRATED = ("false_alarm_share", "covered_share", "found_share")
CELL_KEY = "one row per purpose_id, unit_type, unit, period_start, period_grain"
EFFECT = "an effect is claimed only with a design that allows it, and an interval that excludes zero"
BROKEN: list[tuple[str, tuple[str, ...], str]] = [
    ("update {t} set {text} = 'ask ada@example.org'", tuple(TEXTS), SOMEBODY),
    ("update {t} set {text} = '0123456789abcdef0123456789abcdef'", tuple(TEXTS), SOMEBODY),
    (TWICE, WIDE, CELL_KEY),
    ("update {t} set active_share_n = 12 where active_share is null", WIDE, HIDDEN),
    ("update {t} set active_share_ci_low = 0.1 where active_share is null", WIDE, HIDDEN),
    ("update {t} set active_share_n = 4", WIDE, "no number is shown for fewer than five people"),
    ("update {t} set active_share = 1.1", WIDE, "a share lies in [0, 1]"),
    ("update {t} set active_share = 0.71 where unit = 'A'", WIDE, "a number lies in its interval"),
    ("update {t} set active_share_ci_low = 0.8 where unit = 'A'", WIDE, "a number lies in its interval"),
    ("update {t} set chasm_status = 'never'", ("kpi_adoption", "kpi_scorecard"), "chasm_status is one of "),
    ("update {t} set growth = 'stalled'", ("kpi_adoption", "kpi_scorecard"), "growth is one of "),
    ("update {t} set t16_status = 'soon'", ("kpi_adoption_forecast", "kpi_scorecard"), "t16_status is one of "),
    (TWICE, ("kpi_adoption_forecast",), "one row per purpose_id, scenario, period_start"),
    (
        "update {t} set bass_forecast = 0.71 where scenario = 'all'",
        ("kpi_adoption_forecast",),
        "bass_forecast is finite and lies in its interval",
    ),
    (
        f"update {{t}} set bass_forecast_n = {MIN_COHORT - 1}",
        ("kpi_adoption_forecast",),
        "no forecast is shown for fewer than k people",
    ),
    (
        "update {t} set bass_t16_weeks_ci_low = 9",
        ("kpi_adoption_forecast",),
        "a refused forecast shows no number",
    ),
    (EMPTY, ("kpi_value",), "there is at least one number"),
    (TWICE, ("kpi_value",), CELL_KEY.replace("unit_type", "metric_id, metric_version, unit_type")),
    ("update {t} set suppressed_reason = 'secret' where value is null", ("kpi_value",), "suppressed_reason is one of "),
    ("update {t} set value = 0.71 where unit = 'A'", ("kpi_value",), "value is finite and lies in its interval"),
    ("update {t} set value = 'nan' where unit = 'A'", ("kpi_value",), "value is finite and lies in its interval"),
    ("update {t} set coverage = 1.01", ("kpi_value",), "coverage lies in [0, 1]"),
    (
        f"update {{t}} set n = {MIN_COHORT - 1} where unit = 'A'",
        ("kpi_value",),
        "no number is shown for fewer than k people",
    ),
    ("update {t} set n = 12 where value is null", ("kpi_value",), HIDDEN),
    ("update {t} set suppressed_reason = null", ("kpi_value",), "where there is no number, there is a reason"),
    ("update {t} set value = 1.1, ci_high = 1.2", ("kpi_value",), "a share lies in [0, 1]"),
    ("update {t} set metric_id = 'A99'", ("kpi_value",), "every number is defined in dim_metric"),
    (TWICE, ("kpi_impact",), "one row per design_id, stratum"),
    (TWICE, ("kpi_impact_event_study",), "one row per design_id, outcome, event_time"),
    ("update {t} set claim_level = 'proven'", ("kpi_impact", "kpi_scorecard"), "claim_level is one of "),
    ("update {t} set verdict = 'great'", ("kpi_impact", "kpi_scorecard"), "verdict is one of "),
    ("update {t} set estimate = 0.31", ESTIMATES, "estimate is finite and lies in its interval"),
    ("update {t} set sentence = null", ("kpi_impact",), "every result has its sentence"),
    ("update {t} set verdict = 'refused'", ("kpi_impact",), "a refused result shows no estimate"),
    ("update {t} set verdict = 'supported'", ("kpi_impact",), EFFECT),
    ("update {t} set verdict = 'harm', claim_level = 'caused', ci_low = -0.1", ("kpi_impact",), EFFECT),
    (TWICE, ("kpi_purpose_amendment",), "one row per purpose_id, version_no, field"),
    ("update {t} set old_value = new_value", ("kpi_purpose_amendment",), "an amendment changes something"),
    (TWICE, ("kpi_calibration",), "one row per design_id, check_name"),
    *((f"update {{t}} set {c} = 1.01", ("kpi_calibration",), f"{c} lies in [0, 1]") for c in CALIBRATED),
    ("update {t} set sentence = null", ("kpi_calibration",), "every calibration has its sentence"),
    (EMPTY, ("kpi_scorecard",), "there is at least one scorecard"),
    (EMPTY, ("kpi_scorecard",), "every purpose has its scorecard"),
    (EMPTY, ("kpi_scorecard",), "the organisation as a whole has one row, _org"),
    (TWICE, ("kpi_scorecard", "dim_purpose"), "one row per purpose_id"),
    ("update {t} set current_suppressed_reason = 'secret'", ("kpi_scorecard",), "current_suppressed_reason is one of "),
    ("update {t} set current_value = 0.2", ("kpi_scorecard",), "current_value is finite and lies in its interval"),
    (
        f"update {{t}} set current_n = {MIN_COHORT - 1}",
        ("kpi_scorecard",),
        "no current value is shown for fewer than k people",
    ),
    ("update {t} set sentence = null", ("kpi_scorecard",), "every scorecard has its sentence"),
    (TWICE, ("kpi_data_quality",), "one row per source, seen_date"),
    ("update {t} set rows_rejected = 1", ("kpi_data_quality",), "rows in = loaded + rejected + duplicate"),
    ("update {t} set people_match_share = 1.01", ("kpi_data_quality",), "the share of people matched lies in [0, 1]"),
    (
        "update {t} set people_match_share = 0.4",
        ("kpi_data_quality",),
        "at least half of the accounts belong to somebody",
    ),
    (
        f"update {{t}} set account_count = {MIN_COHORT - 1}",
        ("kpi_data_quality",),
        "no match share is shown for fewer than k",
    ),
    (
        "update {t} set column_coverage = 1.01",
        ("kpi_data_quality",),
        "the share of declared columns that are there lies",
    ),
    ("update {t} set column_coverage = 0.4", ("kpi_data_quality",), "at least half of the declared columns are there"),
    (EMPTY, ("dim_metric",), "there is at least one definition"),
    (TWICE, ("dim_metric",), "one row per metric_id, metric_version"),
    (TWICE, ("dim_org_unit",), "one row per unit, unit_type"),
    (EMPTY, ("dim_date",), "there is at least one day"),
]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = tmp_path_factory.mktemp("exit") / "good.duckdb"
    with duckdb.connect(database) as db:
        db.execute("create schema kpi")
        for name, query in GOOD.items():
            db.execute(f"create table kpi.{name} as {query}")
    return database


def test_a_good_publish_passes(good: Path) -> None:
    report = quality.exit(good, min_cohort=MIN_COHORT)
    assert [check for check in report.checks if not check.success] == []
    assert report.evaluated == len(list(expectations()))


@pytest.mark.parametrize(("change", "tables", "description"), BROKEN, ids=[f"{d[:50]} ({t[0]})" for _, t, d in BROKEN])
def test_each_expectation_fails_where_it_should(
    change: str, tables: tuple[str, ...], description: str, good: Path, tmp_path: Path
) -> None:
    database = tmp_path / "broken.duckdb"
    shutil.copy(good, database)
    with duckdb.connect(database) as db:
        for name in GOOD:
            if name in tables:
                db.execute(change.format(t=f"kpi.{name}", text=TEXTS[name]))
            elif name not in ("dim_metric", "dim_purpose"):
                db.execute(f"drop table kpi.{name}")
    report = quality.exit(database, min_cohort=MIN_COHORT)
    failed = {check.table for check in report.checks if not check.success and check.description.startswith(description)}
    assert failed == set(tables)


def expectations() -> Iterator[tuple[str, Any]]:
    for table, suite in quality.rules("kpi").SUITES.items():
        for expectation in suite:
            yield table, expectation


def test_every_expectation_was_seen_to_fail() -> None:
    seen = {(table, description) for _, tables, description in BROKEN for table in tables}
    unseen = [
        (table, expectation.description)
        for table, expectation in expectations()
        if not any(t == table and expectation.description.startswith(d) for t, d in seen)
    ]
    assert unseen == []


def test_every_expectation_says_what_holds_and_why() -> None:
    assert [(t, type(e).__name__) for t, e in expectations() if not e.description or not e.notes] == []


def test_every_published_model_has_a_suite() -> None:
    published = {path.stem for path in (PROJECT / "dbt_project" / "models" / "kpi").glob("*.sql")}
    rules = quality.rules("kpi")
    assert published - set(rules.SUITES) == set()
    assert published >= rules.REQUIRED


def test_the_columns_that_the_suites_name_are_published() -> None:
    """GOOD stands for the real tables, so each of its columns is one of theirs (the wide tables: of their keys)."""
    for path in (PROJECT / "dbt_project" / "models" / "kpi").glob("*.yml"):
        for model in yaml.load(path.read_text(), yaml.CSafeLoader).get("models", ()):
            if model["name"] in WIDE or model["name"] in ("dim_date", "dim_org_unit"):
                continue
            columns = {column["name"] for column in model["columns"]}
            with duckdb.connect() as db:
                ours = {row[0] for row in db.execute(f"describe {GOOD[model['name']]}").fetchall()}
            assert ours - columns == set(), model["name"]
