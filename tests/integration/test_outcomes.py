"""Deal outcomes from raw tables to cells, against numbers worked out by hand and published ones, on a real dbt run."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest

from throughline import lake, transform
from throughline.settings import load
from throughline.sources import SOURCES
from throughline.warehouse import connect

Z = 1.959963984540054
TEN = [(10, "won"), (30, "won"), (60, "won"), (5, "lost"), (20, "lost"), (20, "lost"), (40, "lost")]
TEN += [(15, "open"), (50, "open"), (90, "open")]
# Miller 1997, acute myelogenous leukaemia, weeks to relapse: printed medians 31 [18, NA] and 23 [8, NA]
AML_MAINTAINED = [9, 13, -13, 18, 23, -28, 31, 34, -45, 48, -161]  # negative: still in remission when last seen
AML_NOT = [5, 5, 8, 8, 12, -16, 23, 27, 30, 33, 43, 45]


class Crm:
    """Raw tables of a CRM: deals of chosen length and outcome, each in an export of its own."""

    def __init__(self) -> None:
        self.files: list[dict[str, Any]] = []
        self.deals: list[dict[str, Any]] = []

    def deal(self, created: datetime, days: float, outcome: str) -> None:
        number = f"{len(self.deals):04d}"
        end = created + timedelta(days=days)
        closed = outcome != "open"
        self.files.append(
            {"file_id": f"f{number}", "source": "salesforce", "name": f"salesforce/{number}.zip", "state": "loaded"}
            | {"observed_until": end if not closed else end + timedelta(days=400)}
        )
        self.deals.append(
            {"opportunity_id": f"006{number}", "owner_id": f"u{int(number) % 12}", "stage": outcome, "amount": 100}
            | {"close_date": end.date(), "is_closed": closed, "is_won": outcome == "won", "is_deleted": False}
            | {"created_at": created, "modified_at": end, "file_id": f"f{number}"}
        )

    def told_twice(self, created: datetime, owners: tuple[str, str], amounts: tuple[int, int]) -> None:
        """A deal that one export shows open and a later one won, of another owner and amount."""
        number = f"{len(self.deals):04d}"
        for week, (owner, amount, stage) in enumerate(zip(owners, amounts, ("open", "won"), strict=True)):
            at = created + timedelta(weeks=week)
            closed = {"stage": stage, "is_closed": stage == "won", "is_won": stage == "won", "is_deleted": False}
            self.files.append(
                {"file_id": f"f{number}-{week}", "source": "salesforce", "state": "loaded"}
                | {"name": f"salesforce/{number}-{week}.zip", "observed_until": at + timedelta(days=1)}
            )
            self.deals.append(
                {"opportunity_id": f"006{number}", "owner_id": owner, "amount": amount, "file_id": f"f{number}-{week}"}
                | {"close_date": at.date(), "created_at": created, "modified_at": at}
                | closed
            )


def crm() -> Crm:
    made = Crm()
    at = datetime(2026, 1, 1, 9, tzinfo=UTC)
    for days, outcome in TEN:
        made.deal(at, days, outcome)
    for month, weeks in ((2, AML_MAINTAINED), (3, AML_NOT)):
        for length in weeks:
            made.deal(at.replace(year=2025, month=month), abs(length), "open" if length < 0 else "lost")
    for year, won, lost in ((2020, 16, 84), (2021, 48, 252), (2022, 0, 20), (2023, 3, 0)):  # closed on the day
        for number in range(won + lost):
            made.deal(at.replace(year=year, month=6), 0, "won" if number < won else "lost")
    made.told_twice(at.replace(year=2019), owners=("u1", "u2"), amounts=(100, 900))
    return made


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """The warehouse after a run of everything that the outcomes are made of."""
    use = load({"THROUGHLINE_HOME": str(tmp_path_factory.mktemp("home")), "THROUGHLINE_KEY": "k" * 32})
    made = crm()
    with connect(use).raw() as raw:
        for source in SOURCES.values():
            for table in source.tables:
                rows = made.deals if (source.name, table.name) == ("salesforce", "opportunities") else []
                raw.table(f"{source.name}__{table.name}", lake.raw_schema(table), rows)
        transform.know(raw, made.files)
    transform.dbt(use, "run", select="+fct_outcome_release")
    return duckdb.connect(use.warehouse.removeprefix("duckdb:///"), read_only=True)


def month(db: duckdb.DuckDBPyConnection, table: str, start: str, also: str = "true") -> dict[str, Any]:
    """The organisation's one row of that month."""
    found = db.execute(
        f"select * from marts.{table} where unit_type = 'organisation' and period_grain = 'month'"
        f" and period_start = date '{start}' and {also}"
    )
    names = [column[0] for column in found.description or []]
    (row,) = found.fetchall()
    return dict(zip(names, row, strict=True))


def test_a_deal_stands_as_it_was_on_the_day_that_is_asked_about(marts: duckdb.DuckDBPyConnection) -> None:
    """Created with 100 by u1, won a week later with 900 by u2: today's record would say u2 and 900 of both days."""
    (deal,) = marts.execute(
        "select owner_key, amount_created, amount_closed, amount_created_source, owner_source from marts.fct_deal"
        " where created_date = date '2019-01-01'"
    ).fetchall()
    assert deal == ("u1", 100, 900, "snapshot", "creation")
    versions = marts.execute(
        "select v.stage, v.amount, v.owner_key, cast(v.valid_from_at as date)::varchar,"
        " cast(v.valid_until_at as date)::varchar from intermediate.int_deal_versions as v"
        " join marts.fct_deal as d using (source, deal_id) where d.created_date = date '2019-01-01' order by version_no"
    ).fetchall()
    assert versions == [("open", 100, "u1", "2019-01-01", "2019-01-08"), ("won", 900, "u2", "2019-01-08", None)]


def test_the_win_rate_of_ten_deals_counts_lost_deals_as_lost(marts: duckdb.DuckDBPyConnection) -> None:
    """9/10 · 1/9 + 4/7 · 1/5 + 12/35 · 1/2 = 27/70 are won by day 90, and 6/35 still open."""
    rate = month(marts, "agg_win_rate", "2026-01-01", "horizon_days = 90")
    assert rate["win_rate"] == pytest.approx(0.385714, abs=5e-7)
    still_open = month(marts, "agg_survival_curve", "2026-01-01", "t_days = 90")["open_share"]
    assert still_open == pytest.approx(0.171429, abs=5e-7)


def test_the_naive_win_rate_of_the_same_deals_is_far_too_high(marts: duckdb.DuckDBPyConnection) -> None:
    """1 - Kaplan-Meier with the lost deals censored: 1 - 8/9 · 4/5 · 1/2 = .644444. It is published nowhere."""
    steps = marts.execute(
        "select n_at_risk, n_won from marts.agg_survival where unit_type = 'organisation'"
        " and period_grain = 'month' and period_start = date '2026-01-01'"
    ).fetchall()
    naive = 1 - math.prod(1 - won / at_risk for at_risk, won in steps)
    assert naive == pytest.approx(0.644444, abs=5e-7)
    values = marts.execute("select value from marts.agg_outcome where metric_id like 'C1b%'").fetchall()
    assert not any(value == pytest.approx(naive, abs=1e-6) for (value,) in values if value is not None)


def test_the_variance_is_that_of_a_share_where_nobody_is_censored(marts: duckdb.DuckDBPyConnection) -> None:
    """16 of 100 won, all closed on the first day: .16 · .84 / 100."""
    rate = month(marts, "agg_win_rate", "2020-06-01", "horizon_days = 180")
    assert (rate["win_rate"], rate["n_entered"], rate["n_censored_before"]) == (0.16, 100, 0)
    assert rate["win_rate_se"] == pytest.approx(math.sqrt(0.16 * 0.84 / 100), abs=1e-9)


@pytest.mark.parametrize(
    ("start", "low", "high"),
    [("2020-06-01", 0.10095, 0.24420), ("2021-06-01", 0.12285, 0.20574), ("2022-06-01", 0, 0.16113)],
)
def test_wilson_intervals(marts: duckdb.DuckDBPyConnection, start: str, low: float, high: float) -> None:
    rate = month(marts, "agg_deal_closed", start)
    assert (rate["win_rate_low"], rate["win_rate_high"]) == pytest.approx((low, high), abs=5e-6)


def test_wins_without_losses_are_a_rate_of_one(marts: duckdb.DuckDBPyConnection) -> None:
    assert month(marts, "agg_deal_closed", "2023-06-01")["win_rate"] == 1


@pytest.mark.parametrize(("start", "median", "low"), [("2025-02-01", 31, 18), ("2025-03-01", 23, 8)])
def test_published_medians(marts: duckdb.DuckDBPyConnection, start: str, median: int, low: int) -> None:
    """An upper bound that is not reached is NULL, not the longest time."""
    times = month(marts, "agg_cycle_time", start)
    assert (times["median_days"], times["median_low_days"], times["median_high_days"]) == (median, low, None)


def test_published_survival(marts: duckdb.DuckDBPyConnection) -> None:
    """S(23) = .614 with Greenwood's standard error .1526 in the maintained arm."""
    at_23 = month(marts, "agg_survival_curve", "2025-02-01", "t_days = 23")
    assert at_23["open_share"] == pytest.approx(0.614, abs=5e-4)
    assert at_23["open_share"] * math.sqrt(at_23["greenwood_sum"]) == pytest.approx(0.1526, abs=5e-5)


def test_small_cohorts_are_not_released(marts: duckdb.DuckDBPyConnection) -> None:
    """Ten deals are too few; the rate of 16 in 100 is shown, and a rate of 3 in 3 only below k owners' cover."""
    ten = month(marts, "fct_outcome_release", "2026-01-01", "metric_id = 'C1b_90'")
    assert (ten["value"], ten["suppressed_reason"]) == (None, "insufficient_n")
    hundred = month(marts, "fct_outcome_release", "2020-06-01", "metric_id = 'C1'")
    assert (hundred["value"], hundred["n"], hundred["suppressed_reason"]) == (0.16, 100, None)
    three = month(marts, "fct_outcome_release", "2023-06-01", "metric_id = 'C1'")
    assert (three["value"], three["n"], three["suppressed_reason"]) == (None, None, "below_k")


def test_sql_and_the_statistics_agree(marts: duckdb.DuckDBPyConnection) -> None:
    """Win rate, its error and interval, from the same counts: once in the warehouse, once in Python."""
    from throughline.statistics.survival import aalen_johansen

    cohorts = marts.execute(
        "select distinct unit_type, unit, period_start from marts.agg_win_rate where period_grain = 'month'"
    ).fetchall()
    assert len(cohorts) >= 7
    for cohort in cohorts:
        key = "unit_type = ? and unit = ? and period_grain = 'month' and period_start = ?"
        counts = marts.execute(
            f"select t_days, n_won, n_lost, n_censored from marts.agg_survival where {key} order by t_days", cohort
        ).fetchnumpy()
        found = marts.execute(
            f"select horizon_days, win_rate, win_rate_se, ci_low, ci_high from marts.agg_win_rate where {key}", cohort
        ).fetchall()
        for horizon, *in_sql in found:
            estimate = aalen_johansen(*counts.values(), horizon)
            expected = [estimate.estimate, estimate.se, estimate.ci_low, estimate.ci_high]
            assert [math.nan if value is None else value for value in in_sql] == pytest.approx(
                expected, abs=1e-9, nan_ok=True
            )
