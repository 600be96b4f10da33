"""Every published number of the sample organisation against the same number counted anew from the raw rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import duckdb
import pytest

from tests.independent import accounts, adoption, behaviour, diffusion, leaders, lenses, outcomes, usage
from tests.independent.facts import Facts
from throughline.metrics import metrics
from throughline.settings import Settings

CENTS = ("C3", "C3_value", "C4_gmean", "C4_wmean")
ROUNDED = {**dict.fromkeys(CENTS, 0.005), "O4": 5e-7}  # decimals that a number is cut to
PLACES = (0, 3, 9, 20, 40, 60, -1)  # windows: the first ones, with and without 12 weeks before them, and the last


@pytest.fixture(scope="module")
def facts(sample_home: Settings) -> Facts:
    return Facts(sample_home.lake)


@pytest.fixture(scope="module")
def published(sample_home: Settings) -> list[dict[str, Any]]:
    with duckdb.connect(str(sample_home.home / "published.duckdb"), read_only=True) as db:
        return db.execute("select * from kpi.kpi_value").to_arrow_table().to_pylist()


def compare(
    published: list[dict[str, Any]],
    counted: Mapping[Any, adoption.Number],
    key: Callable[[dict[str, Any]], Any],
) -> set[str]:
    """Metrics of which at least one value is published and was compared; fails with every value that differs."""
    wrong, compared = defaultdict(list), set()
    for row in published:
        if row["value"] is None or key(row) not in counted:
            continue
        value, n = counted[key(row)]
        compared.add(row["metric_id"])
        accuracy = ROUNDED.get(row["metric_id"], 2e-9)
        if value is None or row["value"] != pytest.approx(value, rel=1e-9, abs=accuracy) or row["n"] != n:
            wrong[row["metric_id"]].append((key(row), row["value"], row["n"], value, n))
    assert not wrong, {metric_id: (len(found), found[:3]) for metric_id, found in wrong.items()}
    return compared


def test_people_leaders_and_purposes(facts: Facts, published: list[dict[str, Any]]) -> None:
    windows = [facts.windows[place] for place in PLACES]
    counted = adoption.numbers(facts, windows) | usage.reads(facts, windows) | diffusion.numbers(facts, windows)
    counted |= _in_both_voices(counted)
    rows = [row for row in published if row["purpose_id"] == "_org" and row["period_grain"] == "w28"]
    assert {m for m, _, _ in counted} == compare(
        rows, counted, lambda r: (r["metric_id"], r["unit"], r["period_start"])
    )


def _in_both_voices(counted: adoption.Numbers) -> adoption.Numbers:
    """Nobody writes for a leader in the sample, so what includes delegates is the same number."""
    return {(f"{m}_incl_delegate", u, day): number for (m, u, day), number in counted.items() if m.startswith("L")}


def test_how_people_work_with_each_other(facts: Facts, published: list[dict[str, Any]]) -> None:
    counted = behaviour.numbers(facts, [facts.windows[place] for place in PLACES])
    rows = [row for row in published if row["period_grain"] == "w28" and row["unit_type"] != "org_unit_pair"]
    compared = compare(rows, counted, lambda r: (r["metric_id"], r["unit"], r["period_start"]))
    assert compared == {metric_id for metric_id, _, _ in counted}


def test_leaders_among_others(facts: Facts, published: list[dict[str, Any]]) -> None:
    counted = leaders.numbers(facts, [facts.windows[place] for place in PLACES[2:]])
    rows = [row for row in published if row["purpose_id"] == "_org" and row["period_grain"] == "w28"]
    assert {m for m, _, _ in counted} == compare(
        rows, counted, lambda r: (r["metric_id"], r["unit"], r["period_start"])
    )


def test_shares_have_the_interval_of_wilson(published: list[dict[str, Any]]) -> None:
    shares = [row for row in published if row["metric_id"] in ("A2", "A5", "L1") and row["value"] is not None]
    assert len(shares) > 300
    for row in shares:
        low, high = adoption.wilson(round(row["value"] * row["n"]), row["n"])
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), abs=1e-9)


def test_how_adoption_goes_on(facts: Facts, published: list[dict[str, Any]]) -> None:
    """The published forecast is the median of a bootstrap, and lies near the curve itself."""
    curve, crossing, n = diffusion.forecast(facts)
    (t16,) = [row for row in published if row["metric_id"] == "A8_t16"]
    assert (t16["value"], t16["n"]) == (pytest.approx(crossing, abs=1e-6), n)
    rows = [row for row in published if row["metric_id"] == "A8" and row["value"] is not None]
    launch = facts.weeks[0]
    shares = {
        (float(row["unit"].removeprefix("ceiling_")), (row["period_start"] - launch).days // 7 + 1): row for row in rows
    }
    assert len(rows) >= 52 and set(shares) <= set(curve)
    for key, row in shares.items():
        assert row["n"] == n and row["value"] == pytest.approx(curve[key], abs=0.01), key


def test_lenses(facts: Facts, published: list[dict[str, Any]]) -> None:
    windows = [facts.windows[place] for place in PLACES]
    counted = lenses.numbers(facts, windows) | usage.shown_by_vendors(facts, windows)
    assert {m for m, _ in counted} == compare(published, counted, lambda r: (r["metric_id"], r["period_start"]))
    amounts = lenses.amounts(facts)
    key = ("metric_id", "period_grain", "period_start")
    assert {m for m, *_ in amounts} == compare(published, amounts, lambda row: tuple(row[column] for column in key))


def test_deals(facts: Facts, published: list[dict[str, Any]]) -> None:
    counted = outcomes.numbers(facts) | accounts.retention(facts) | accounts.influence(facts)
    columns = ("metric_id", "purpose_id", "unit", "period_grain", "period_start")
    compared = compare(published, counted, lambda row: tuple(row[column] for column in columns))
    assert compared == {metric_id for metric_id, *_ in counted}


# Metrics that no export which throughline reads can show; in kpi_value they are NULL, not_observable.
UNSEEN = {
    "L4b": "no export tells who saw a message",
    "L4b_incl_delegate": "no export tells who saw a message",
    "swoop.reach": "no export tells who saw a message",
    "swoop.engagement_seen": "no export tells who saw a message",
    "tygraph.mae_legacy": "no export tells who opened a file",
    "L9": "the sample's tool marks no delegates",
    "O11_reaction": "the sample's tool gives reactions no time",
    "viva.external_network": "no export holds mail, meetings and calls",
    "campaign.influenced": "no campaign members are read",
}


def test_every_defined_metric_has_a_value(published: list[dict[str, Any]]) -> None:
    seen = {row["metric_id"] for row in published if row["value"] is not None}
    assert set(metrics()) - seen == set(UNSEEN)
    hidden = {(row["metric_id"], row["suppressed_reason"]) for row in published if row["metric_id"] in UNSEEN}
    assert {(metric_id, "not_observable") for metric_id in UNSEEN} <= hidden
