"""Adoption: weekly counts of the marts -> raw.adoption_growth and raw.adoption_forecast.

What takes a t quantile, a fit or a bootstrap is finished here, on counts of a week each, by the same code for every
engine. Seeds are fixed: the same counts give the same rows. A forecast that may not be made is a row with its reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa

from throughline.settings import Settings
from throughline.statistics.adoption import BassFit, assess, external_share
from throughline.statistics.chasm import GROWTH_WEEKS, growth
from throughline.statistics.forecast import (
    CEILINGS,
    CROSSING,
    FARTHEST_PERIOD,
    external_interval,
    first_crossing,
    forecast,
    t16_range,
)
from throughline.warehouse import connect

WEEKS: Final = "marts.agg_adoption"
LAUNCH: Final = "marts.agg_adoption_launch"
WINDOWS: Final = "intermediate.int_windows"
HORIZON: Final = 52
GROWTH: Final = pa.schema(
    [
        ("unit_type", pa.string()),
        ("unit", pa.string()),
        ("period_start_date", pa.date32()),
        *((name, pa.float64()) for name in ("slope", "ci_low", "ci_high")),
        ("status", pa.string()),
        ("at_risk_count", pa.int64()),
    ]
)
FORECAST: Final = pa.schema(
    [
        ("purpose_id", pa.string()),
        ("scenario", pa.string()),
        ("ceiling", pa.float64()),
        ("week_start_date", pa.date32()),
        *((name, pa.int64()) for name in ("week_number", "launch_n", "observable_count", "adopted_count")),
        *((name, pa.float64()) for name in ("share", "low_80", "high_80", "low_95", "high_95", "p", "q")),
        *((name, pa.float64()) for name in ("external_share", "external_low", "external_high", "peak_week")),
        ("t16_status", pa.string()),
        *((name, pa.float64()) for name in ("t16_weeks", "t16_low_weeks", "t16_high_weeks")),
        ("t16_low_date", pa.date32()),
        ("t16_high_date", pa.date32()),
        ("refusal_code", pa.string()),
        ("refusal_reason", pa.string()),
    ]
)
ALL: Final = "all"


def run(settings: Settings) -> None:
    """Growth and forecasts of the built marts into schema raw, where the kpi models read them."""
    warehouse = connect(settings)
    weeks, windows, launch = (warehouse.read(name).to_pylist() for name in (WEEKS, WINDOWS, LAUNCH))
    with warehouse.raw() as raw:
        raw.table("adoption_growth", GROWTH, list(growth_rows(weeks, windows)))
        raw.table("adoption_forecast", FORECAST, list(forecast_rows(launch)))


def growth_rows(weeks: Iterable[Mapping[str, Any]], windows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """One row per unit and w28 window: slope of the weekly hazard over the last 8 weeks that were classifiable then.

    weeks: rows of agg_adoption. A unit with fewer such weeks in a row, without people at risk in one of them, or whose
    hazard does not vary has no slope: no number, and no word of a stall.
    """
    units: dict[tuple[str, str], dict[date, Mapping[str, Any]]] = defaultdict(dict)
    for week in weeks:
        units[week["unit_type"], week["unit"]][week["week_start_date"]] = week
    ends = sorted((window["period_start_date"], window["period_end_date"]) for window in windows)
    for (unit_type, unit), by_date in sorted(units.items()):
        for start, end in ends:
            dates = [end - timedelta(days=28 + 7 * back) for back in reversed(range(GROWTH_WEEKS))]
            last = [by_date[day] for day in dates if day in by_date]
            found = growth(
                np.array([week["adopt_new_count"] for week in last], dtype=np.float64),
                np.array([week["at_risk_count"] for week in last], dtype=np.float64),
            )
            is_known = found.ci_high > found.ci_low  # neither NaN nor without variation
            yield {
                "unit_type": unit_type,
                "unit": unit,
                "period_start_date": start,
                "slope": found.slope if is_known else None,
                "ci_low": found.ci_low if is_known else None,
                "ci_high": found.ci_high if is_known else None,
                "status": found.status if is_known else None,
                "at_risk_count": last[-1]["at_risk_count"] if last else 0,
            }


def forecast_rows(launch: Iterable[Mapping[str, Any]], *, purpose_id: str = "_org") -> Iterator[dict[str, Any]]:
    """Rows of FORECAST: per ceiling 52 future weeks, or one row that says why not; then the range of t16 over them.

    launch: rows of agg_adoption_launch. Weeks are counted from the first one; shares are of the people eligible then.
    """
    weeks = sorted(launch, key=lambda week: week["week_start_date"])
    if not weeks:
        return
    sales = np.array([week["adopt_new_count"] for week in weeks], dtype=np.float64)
    eligible, adopted = int(weeks[0]["launch_n"]), int(sales.sum())
    facts = {
        "purpose_id": purpose_id,
        "launch_n": eligible,
        "observable_count": weeks[0]["observable_count"],
        "adopted_count": adopted,
        "week_start_date": weeks[-1]["week_start_date"] + timedelta(days=7),
        "week_number": len(weeks) + 1,
    }
    refusals: list[tuple[str, str]] = []
    for ceiling in CEILINGS:
        scenario = facts | {"scenario": f"ceiling_{ceiling}", "ceiling": ceiling}
        found, reasons = _fit(sales, round(eligible * ceiling))
        if found is None or reasons:
            refusals.append(("BASS_UNSTABLE" if reasons else "CEILING_REACHED", "; ".join(reasons) or PASSED))
            yield scenario | {"refusal_code": refusals[-1][0], "refusal_reason": refusals[-1][1]}
            continue
        yield from _future(scenario, sales, found, weeks[0]["week_start_date"])
    yield facts | {"scenario": ALL} | _t16(sales, eligible, weeks[0]["week_start_date"], refusals)


PASSED: Final = "as many have adopted as the ceiling allows"


def _fit(sales: np.ndarray[Any, np.dtype[np.float64]], m: int) -> tuple[BassFit | None, tuple[str, ...]]:
    return assess(sales, m=m) if m > sales.sum() else (None, ())


def _future(
    scenario: dict[str, Any], sales: np.ndarray[Any, np.dtype[np.float64]], found: BassFit, first: date
) -> Iterator[dict[str, Any]]:
    """The forecast of one ceiling, a row a week."""
    eligible = scenario["launch_n"]
    ahead = forecast(sales, eligible=eligible, ceiling=scenario["ceiling"], horizon=HORIZON)
    assert ahead is not None  # noqa: S101  # the same fit was just found stable
    reached = float(sales.sum()) / found.m
    low, high = external_interval(found, reached) if reached else (None, None)
    fitted = {
        "p": found.p,
        "q": found.q,
        "external_share": external_share(reached, found.p, found.q) if reached else None,
        "external_low": low,
        "external_high": high,
        "peak_week": ahead.peak,
    }
    bands = {
        "share": ahead.median,
        "low_80": ahead.low_80,
        "high_80": ahead.high_80,
        "low_95": ahead.low_95,
        "high_95": ahead.high_95,
    }
    for place, period in enumerate(ahead.period.tolist()):
        shares = {name: float(band[place]) / eligible for name, band in bands.items()}
        week = {"week_start_date": first + timedelta(days=7 * (period - 1)), "week_number": period}
        yield scenario | fitted | week | shares


def _t16(
    sales: np.ndarray[Any, np.dtype[np.float64]], eligible: int, first: date, refusals: list[tuple[str, str]]
) -> dict[str, Any]:
    """When 16 % are reached: seen, or the range over the ceilings, or why not. A time out of sight has no number."""
    seen = first_crossing(np.cumsum(sales), CROSSING * eligible)
    if np.isfinite(seen):
        return {
            "t16_status": "reached",
            "t16_weeks": seen,
            "t16_low_date": _day(first, seen),
            "t16_high_date": _day(first, seen),
        }
    found = None if refusals else t16_range(sales, eligible=eligible)
    if found is None:
        code, reason = refusals[0]
        return {"t16_status": "refused", "refusal_code": code, "refusal_reason": reason}
    low, high = (weeks if weeks <= FARTHEST_PERIOD else None for weeks in found)
    return {
        "t16_status": "forecast",
        "t16_low_weeks": low,
        "t16_high_weeks": high,
        "t16_low_date": _day(first, low),
        "t16_high_date": _day(first, high),
    }


def _day(first: date, weeks: float | None) -> date | None:
    """The day that many weeks, with their fraction, after the first one began."""
    return None if weeks is None else first + timedelta(days=int(7 * weeks))
