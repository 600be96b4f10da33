"""Deals still open on the landmark day: linked by then against not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from throughline.evaluation.parts import (
    Aggregates,
    Result,
    column,
    finite,
    numbers,
    with_estimate,
)
from throughline.statistics import experiment, guards, strata, survival
from throughline.statistics.row import Checks, ImpactRow


def landmark(design: Mapping[str, Any], found: Aggregates, row: ImpactRow, checks: Checks) -> Iterator[Result]:
    """Deals open on the landmark day, linked by then against not; errors widened for deals of one owner."""
    effect = owner_design_effect(found.checks or {}, row.n_units_t + row.n_units_c, checks)
    if design.get("outcome_kind") == "days":
        yield Result(_cycle_time(design, found, row, effect), checks)
        return
    if not found.strata:
        yield Result(row, checks)
        return
    labels = sorted({str(line["stratum"]) for line in found.strata})
    stratum, exposed, n, n_event = (column(found.strata, name) for name in ("stratum", "exposed", "n", "n_event"))
    t = strata.tables(stratum, exposed, n, n_event)
    result = found.look.interval(strata.risk_difference(t, design_effect=effect), row)
    baseline = float(t.b.sum() / t.n0.sum()) if t.n0.sum() else math.nan
    row = with_estimate(replace(row, baseline_mean=finite(baseline)), result)
    point, limit = experiment.e_values_of_difference(result, baseline=baseline)
    row = replace(
        row,
        heterogeneity_p=finite(strata.woolf(t)[2]),
        overlap_share=finite(t.overlap_share),
        evalue_point=finite(point),
        evalue_ci=finite(limit),
    )
    yield Result(row, checks)
    if "HETEROGENEITY" in guards.refusal_codes(row, checks):
        for place, label in enumerate(labels):
            one = strata.Tables(*(values[place : place + 1] for values in (t.a, t.n1, t.b, t.n0)))
            part = replace(
                row,
                stratum=label,
                n_units_t=int(one.n1[0]),
                n_units_c=int(one.n0[0]),
                n_events_t=int(one.a[0]),
                n_events_c=int(one.b[0]),
                heterogeneity_p=None,
                naive_estimate=None,
                naive_ci_low=None,
                naive_ci_high=None,
                evalue_point=None,
                evalue_ci=None,
            )
            share = float(one.b[0] / one.n0[0]) if one.n0[0] else math.nan
            alone = found.look.interval(strata.risk_difference(one, design_effect=effect), part)
            part = with_estimate(replace(part, baseline_mean=finite(share)), alone)
            owners = {line["exposed"]: int(line["n_owners"]) for line in found.strata if line["stratum"] == label}
            yield Result(part, replace(checks, n_people_t=owners.get(1, 0), n_people_c=owners.get(0, 0)))


def _cycle_time(design: Mapping[str, Any], found: Aggregates, row: ImpactRow, effect: float) -> ImpactRow:
    """Mean days to a decision within the horizon, counted from the landmark; deals still open are censored."""
    arms = []
    for arm in (1, 0):
        lines = [line for line in found.survival if line["arm"] == arm]
        closed = numbers(lines, "n_won") + numbers(lines, "n_lost")
        arms.append(survival.kaplan_meier(numbers(lines, "t_days"), closed, numbers(lines, "n_censored")))
    events = [int(curve.events.sum()) for curve in arms]
    sizes = [int(curve.at_risk[0]) if len(curve.at_risk) else 0 for curve in arms]
    row = replace(
        row, n_events_t=events[0], n_events_c=events[1], n_units_t=sizes[0], n_units_c=sizes[1], ci_method="rmst"
    )
    reach = survival.common_horizon(arms[0], arms[1])
    if reach is None:
        return row
    horizon = min(reach, float(design["horizon_days"]))
    baseline = survival.rmst(arms[1], horizon)
    result = found.look.interval(survival.rmst_difference(arms[0], arms[1], horizon).scaled(math.sqrt(effect)), row)
    row = with_estimate(replace(row, baseline_mean=finite(baseline.estimate)), result)
    sd = baseline.se * math.sqrt(sizes[1])
    point, limit = experiment.e_values_of_difference(result, sd=sd)
    return replace(row, evalue_point=finite(point), evalue_ci=finite(limit))


def owner_design_effect(seen: Mapping[str, Any], units: int, checks: Checks) -> float:
    """1 + (m - 1) ICC from the sums over owners before the start; 1 where there was nothing to learn from."""
    groups, n = float(seen.get("owners_count") or 0), float(seen.get("owners_n") or 0)
    people = max(checks.n_people_t or 0, checks.n_people_c or 0)
    if groups < 2 or n <= groups or not people:
        return 1.0
    between = (seen["owners_between"] - seen["owners_sum_y"] ** 2 / n) / (groups - 1)
    within = (seen["owners_sum_y2"] - seen["owners_between"]) / (n - groups)
    size = (n - seen["owners_n2"] / n) / (groups - 1)
    bottom = between + (size - 1) * within
    icc = min(1.0, max(0.0, (between - within) / bottom)) if bottom > 0 else 0.0
    return strata.design_effect(units / people, icc)
