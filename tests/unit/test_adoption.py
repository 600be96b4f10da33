"""Adoption finished on weekly counts: slopes by hand, forecasts with their ranges, and every reason not to forecast."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from throughline.adoption import FORECAST, GROWTH, forecast_rows, growth_rows
from throughline.statistics.adoption import bass_share
from throughline.statistics.forecast import t16_range

FIRST = date(2026, 1, 5)
RISING = [2, 4, 7, 9, 11, 14, 15, 18]


def monday(number: int) -> date:
    return FIRST + timedelta(days=7 * number)


def weeks(new: list[int], at_risk: int = 500, unit: str = "_org") -> list[dict[str, Any]]:
    """Rows of agg_adoption from the first week on."""
    return [
        {"unit_type": "organisation" if unit == "_org" else "org_unit", "unit": unit, "week_start_date": monday(number)}
        | {"adopt_new_count": count, "at_risk_count": at_risk}
        for number, count in enumerate(new)
    ]


def window(last_known: int) -> dict[str, date]:
    """The w28 window at whose end the spans of that week, and of all before it, are just over."""
    return {"period_start_date": monday(last_known), "period_end_date": monday(last_known + 4)}


def launch(new: list[int] | np.ndarray[Any, Any], eligible: int = 800) -> list[dict[str, Any]]:
    """Rows of agg_adoption_launch."""
    return [
        {"week_start_date": monday(number), "week_number": number + 1, "launch_n": eligible}
        | {"observable_count": eligible - 100, "adopt_new_count": int(count)}
        for number, count in enumerate(new)
    ]


def bass(count: int, p: float = 0.004, q: float = 0.12, m: int = 800) -> np.ndarray[Any, Any]:
    """New adopters a week along a curve, with a little wobble."""
    rng = np.random.default_rng(3)
    return rng.poisson(m * np.diff(bass_share(np.arange(count + 1.0), p, q)))


def test_the_slope_is_that_of_the_last_eight_weeks_known_at_the_window_s_end() -> None:
    # S_xy = -3.5·2 - 2.5·4 - 1.5·7 - .5·9 + .5·11 + 1.5·14 + 2.5·15 + 3.5·18 = 95; S_xx = 42; 95/42/500 = .0045238
    rows = list(growth_rows(weeks([90, 90, *RISING, 0, 0]), [window(9)]))
    (row,) = pa.Table.from_pylist(rows, schema=GROWTH).to_pylist()
    assert row["slope"] == pytest.approx(95 / 42 / 500)
    assert 0 < row["ci_low"] < row["slope"] < row["ci_high"]
    assert (row["status"], row["at_risk_count"], row["period_start_date"]) == ("growing", 500, monday(9))


@pytest.mark.parametrize(
    ("counts", "at_risk"),
    [(RISING[:7], 500), ([0] * 8, 500), (RISING, 0)],
    ids=["seven weeks", "nobody adopts: no variation", "nobody is left"],
)
def test_without_eight_weeks_or_any_variation_there_is_no_slope_and_no_word_of_a_stall(
    counts: list[int], at_risk: int
) -> None:
    (row,) = growth_rows(weeks(counts, at_risk), [window(len(counts) - 1)])
    assert [row[name] for name in ("slope", "ci_low", "ci_high", "status")] == [None] * 4


def test_each_unit_has_its_own_slope_and_a_missing_week_leaves_it_out() -> None:
    broken = [week for week in weeks(RISING, unit="B") if week["week_start_date"] != monday(4)]
    rows = {row["unit"]: row for row in growth_rows(weeks(RISING[::-1], unit="A") + broken, [window(7)])}
    assert (rows["A"]["status"], rows["B"]["status"]) == ("falling", None)


def test_a_forecast_has_a_year_of_weeks_a_ceiling_and_the_range_of_reaching_16_percent() -> None:
    new = bass(14)
    rows = pa.Table.from_pylist(list(forecast_rows(launch(new))), schema=FORECAST).to_pylist()
    by_scenario = {name: [r for r in rows if r["scenario"] == name] for name in {r["scenario"] for r in rows}}
    assert {name: len(found) for name, found in by_scenario.items()} == {
        "ceiling_0.6": 52, "ceiling_0.8": 52, "ceiling_1.0": 52, "all": 1
    }  # fmt: skip
    whole = by_scenario["ceiling_1.0"]
    assert [row["week_start_date"] for row in whole] == [monday(14 + ahead) for ahead in range(52)]
    assert [row["week_number"] for row in whole[:2]] == [15, 16]
    for row in whole:
        assert row["low_95"] <= row["low_80"] <= row["share"] <= row["high_80"] <= row["high_95"] <= 1
    assert all(row["share"] <= 0.6 for row in by_scenario["ceiling_0.6"])
    assert {row["peak_week"] for row in rows} == {None}  # T* = ln(30)/.124 = 27.4 is ahead: no date
    assert whole[0]["external_low"] < whole[0]["external_share"] < whole[0]["external_high"]
    (crossing,) = by_scenario["all"]
    found = t16_range(new.astype(float), eligible=800)
    assert found is not None and crossing["t16_status"] == "forecast"
    assert (crossing["t16_low_weeks"], crossing["t16_high_weeks"]) == found and found[1] - found[0] > 1
    assert crossing["t16_low_date"] == FIRST + timedelta(days=int(7 * found[0]))
    assert crossing["t16_weeks"] is None


def test_sixteen_percent_that_are_reached_are_no_forecast() -> None:
    # 16 % of 100 are 16: ten in the first week, and 6 of the 12 of the second, so after a week and a half: day 10
    rows = list(forecast_rows(launch([10, 12, 9, 8, 7, 6, 5, 4, 3, 3], eligible=100)))
    crossing = rows[-1]
    assert (crossing["scenario"], crossing["t16_status"], crossing["t16_weeks"]) == ("all", "reached", 1.5)
    assert crossing["t16_low_date"] == crossing["t16_high_date"] == FIRST + timedelta(days=10)
    ceiling = next(row for row in rows if row["scenario"] == "ceiling_0.6")  # 67 of 60 have adopted
    assert (ceiling["refusal_code"], ceiling.get("share")) == ("CEILING_REACHED", None)
    assert (ceiling["adopted_count"], ceiling["week_start_date"], ceiling["week_number"]) == (67, monday(10), 11)


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (bass(7), "fewer than 8 periods"),
        (np.array([30, 20, 14, 9, 6, 4, 3, 2]), "p or q is not above 0"),  # only falls: nobody is pulled along
        (np.array([1, 1, 2, 2, 4, 6, 9, 25]), "the peak moves by more than 25 %"),
    ],
    ids=["seven weeks", "no pull", "the last week decides"],
)
def test_an_unstable_curve_is_refused_with_its_reason_and_no_date(new: np.ndarray[Any, Any], reason: str) -> None:
    rows = list(forecast_rows(launch(new)))
    assert [row["scenario"] for row in rows] == ["ceiling_0.6", "ceiling_0.8", "ceiling_1.0", "all"]
    assert {row["refusal_code"] for row in rows} == {"BASS_UNSTABLE"}
    assert all(row["refusal_reason"].startswith(reason) for row in rows)
    assert rows[-1]["t16_status"] == "refused"
    assert not {"share", "p", "peak_week", "t16_low_weeks"} & {name for row in rows for name in row}


def test_the_same_counts_in_any_order_give_the_same_rows() -> None:
    rows = launch(bass(14))
    assert list(forecast_rows(rows)) == list(forecast_rows(rows[::-1]))


def test_before_the_first_whole_week_there_is_nothing() -> None:
    assert list(forecast_rows([])) == [] and list(growth_rows([], [])) == []
