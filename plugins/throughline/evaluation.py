"""One registered design and its aggregates -> ImpactRow, what the guards must know of it, and its event study. Pure.

Sums come from the warehouse (marts/evidence), formulas from `statistics/`; nothing is read or written here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from throughline.statistics import (
    aggregates,
    bacon,
    did,
    experiment,
    guards,
    pretrend,
    staggered,
    strata,
    survival,
    threats,
)
from throughline.statistics.estimate import Estimate
from throughline.statistics.row import Checks, ImpactRow

Rows = Sequence[Mapping[str, Any]]
FEW_UNITS: Final = 40  # below it the F form of the pre-trend test holds its level, the chi-square form does not
CHANGE: Final = "treated teams (change since the start) minus other teams"


@dataclass(frozen=True)
class Aggregates:
    """The rows of one design from each table of marts/evidence."""

    cells: Rows = ()
    moments: Rows = ()
    strata: Rows = ()
    survival: Rows = ()
    naive: Rows = ()
    checks: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Result:
    """One row before it is judged; events: the event study that belongs to it, estimates in the row's unit."""

    row: ImpactRow
    checks: Checks
    events: aggregates.EventStudy | None = None


def evaluate(design: Mapping[str, Any], found: Aggregates) -> list[Result]:
    """The design's result, and one a stratum where the strata differ. Never raises for what a user may declare."""
    row, checks = _frame(design, found)
    if checks.problem_codes:
        return [Result(row, checks)]
    row = _with_naive(row, found.naive)
    if design["method"] == "landmark":
        return list(_landmark(design, found, row, checks))
    return [_difference_in_differences(design, found, row, checks)]


def _frame(design: Mapping[str, Any], found: Aggregates) -> tuple[ImpactRow, Checks]:
    """What is known of a design before anything is estimated."""
    seen: Mapping[str, Any] = found.checks or {}
    is_change = design["method"] != "landmark"
    row = ImpactRow(
        run_id="",
        design_id=design["design_id"],
        purpose_id=design["purpose_id"],
        outcome=design["outcome"],
        method=design["method"],
        unit=design.get("unit_of_measure") or "share",
        contrast=CHANGE if is_change else f"deals linked by day {design.get('landmark_days')} minus deals not linked",
        declared_direction=int(design.get("declared_direction") or 1),
        estimand=design.get("estimand") or "",
        control_group=design.get("control_group"),
        n_units_t=int(seen.get("n_units_t") or 0),
        n_units_c=int(seen.get("n_units_c") or 0),
        window_start=seen.get("window_start_date"),
        window_end=seen.get("window_end_date"),
        landmark_days=design.get("landmark_days"),
        min_effect_of_interest=design.get("min_effect_of_interest"),
        share_dropped=_share(seen.get("n_units_dropped"), seen.get("n_units_total")),
    )
    row = replace(row, assumptions_json=threats.assumptions_json(row, _counts(seen)))
    if design.get("outcome_kind") == "won":
        row = replace(row, n_events_t=int(seen.get("n_events_t") or 0), n_events_c=int(seen.get("n_events_c") or 0))
    return row, Checks(
        n_people_t=seen.get("n_people_t"),
        n_people_c=seen.get("n_people_c"),
        n_exposure_after_landmark=int(seen.get("n_exposure_after_landmark") or 0),
        n_exposure_after_outcome=int(seen.get("n_exposure_after_outcome") or 0),
        dropped_share_treated=float(seen.get("dropped_share_treated") or 0),
        dropped_share_control=float(seen.get("dropped_share_control") or 0),
        is_registered=bool(design.get("is_registered")),
        data_until=seen.get("data_until_date"),
        problem_codes=tuple((design.get("problem_codes") or "").split()),
    )


# -- one start date, or several ------------------------------------------------------------------------------------


def _difference_in_differences(design: Mapping[str, Any], found: Aggregates, row: ImpactRow, checks: Checks) -> Result:
    """did: the clusters' changes, with the panel's pre-trend beside them. staggered_did: the panel itself."""
    is_staggered = design["method"] == "staggered_did"
    anticipation = int(design.get("anticipation_periods") or 0)
    cells = _cells(found.moments, anticipation, small="merge" if is_staggered else "keep")
    if found.cells:
        collapsed = did.collapse(
            _column(found.cells, "cluster_id"),
            _column(found.cells, "arm"),
            _column(found.cells, "period"),
            _numbers(found.cells, "n"),
            _unshifted(found.cells),
        )
        simple = did.collapsed_did(collapsed)
        row = replace(
            row,
            n_clusters_t=simple.n_clusters_t,
            n_clusters_c=simple.n_clusters_c,
            p_permutation=_finite(simple.p_permutation),
            baseline_mean=_finite(simple.baseline_mean),
        )
        if not is_staggered:
            row = _with_estimate(row, simple.result)
            row = _with_evalue(row, simple.result, found.cells, design)
    else:
        row = replace(row, n_clusters_t=0, n_clusters_c=0)
    if cells is None:
        return Result(row, replace(checks, pre_periods_count=0))
    return _with_panel(row, checks, cells, found.cells, design)


def _with_panel(
    row: ImpactRow, checks: Checks, cells: staggered.GroupTime, sums: Rows, design: Mapping[str, Any]
) -> Result:
    """Pre-trend, breakdown and event study from the panel; of a staggered design the estimate too."""
    is_staggered = row.method == "staggered_did"
    simple = aggregates.simple_weighting(cells)
    tested = pretrend.pretrend(cells)
    events = aggregates.event_study(cells)
    treated = cells.moments.n[cells.moments.cohort != staggered.NEVER]
    few = bool(len(treated)) and float(treated.min()) < FEW_UNITS
    first = events.at(0)
    if is_staggered:
        overall = aggregates.aggregate(cells, simple)
        row = replace(
            _with_evalue(_with_estimate(row, overall), overall, sums, design),
            control_group="teams in no purpose"
            + (", and those that had not begun" if cells.control_group == "not_yet" else ""),
            n_clusters_t=round(float(treated.sum())),
            n_clusters_c=round(cells.moments.n_never),
            p_permutation=None,
        )
    lead = tested.last_lead
    row = replace(
        row,
        pretrend_stat=_finite(tested.stat),
        pretrend_df=tested.df or None,
        pretrend_p=_finite(tested.p_value_f if few else tested.p_value),
        pretrend_mdv=_finite(tested.mdv),
        breakdown_m=_finite(pretrend.breakdown(first, tested.jumps)) if first else None,
        bacon_forbidden_weight=_finite(bacon.decompose(cells.moments).forbidden_weight),
    )
    checks = replace(
        checks,
        pre_periods_count=tested.pre_periods_count,
        mean_post_periods=_finite(aggregates.mean_post_periods(cells, simple)),
        last_lead_low=_finite(lead.ci_low) if lead else None,
        last_lead_high=_finite(lead.ci_high) if lead else None,
        smallest_cohort_units=round(float(treated.min())) if is_staggered and len(treated) else None,
    )
    return Result(row, checks, events)


def _cells(moments: Rows, anticipation: int, *, small: Any) -> staggered.GroupTime | None:
    """ATT(g,t) of the panel; None where it holds no treated cohort, no control or one period."""
    if not moments:
        return None
    n = _numbers(moments, "n_units")
    shift = _numbers(moments, "shift")
    y_t, y_s = (_numbers(moments, name) for name in ("sum_y_t", "sum_y_s"))
    panel = staggered.cohort_moments(
        _column(moments, "cohort"),
        _column(moments, "t"),
        _column(moments, "s"),
        n_units=n,
        sum_y_t=y_t + n * shift,
        sum_y_t_y_s=_numbers(moments, "sum_y_t_y_s") + shift * (y_t + y_s) + n * shift**2,
        small=small,
        anticipation=anticipation,
    )
    if not len(panel.cohort) or not (panel.cohort != staggered.NEVER).any() or len(panel.periods) < 2:
        return None
    group = staggered.choose_control_group(panel) if small == "merge" else "never"
    cells = staggered.group_time(panel, control_group=group, anticipation=anticipation)
    return cells if cells.is_post.any() else None


# -- landmark ------------------------------------------------------------------------------------------------------


def _landmark(design: Mapping[str, Any], found: Aggregates, row: ImpactRow, checks: Checks) -> Iterator[Result]:
    """Deals open on the landmark day, linked by then against not; errors widened for deals of one owner."""
    effect = owner_design_effect(found.checks or {}, row.n_units_t + row.n_units_c, checks)
    if design.get("outcome_kind") == "days":
        yield Result(_cycle_time(design, found.survival, row, effect), checks)
        return
    if not found.strata:
        yield Result(row, checks)
        return
    labels = sorted({str(line["stratum"]) for line in found.strata})
    stratum, exposed, n, n_event = (_column(found.strata, name) for name in ("stratum", "exposed", "n", "n_event"))
    t = strata.tables(stratum, exposed, n, n_event)
    result = strata.risk_difference(t, design_effect=effect)
    baseline = float(t.b.sum() / t.n0.sum()) if t.n0.sum() else math.nan
    row = _with_estimate(replace(row, baseline_mean=_finite(baseline)), result)
    point, limit = experiment.e_values_of_difference(result, baseline=baseline)
    row = replace(
        row,
        heterogeneity_p=_finite(strata.woolf(t)[2]),
        overlap_share=_finite(t.overlap_share),
        evalue_point=_finite(point),
        evalue_ci=_finite(limit),
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
            part = _with_estimate(
                replace(part, baseline_mean=_finite(share)), strata.risk_difference(one, design_effect=effect)
            )
            yield Result(part, replace(checks, n_people_t=None, n_people_c=None))


def _cycle_time(design: Mapping[str, Any], counts: Rows, row: ImpactRow, effect: float) -> ImpactRow:
    """Mean days to a decision within the horizon, counted from the landmark; deals still open are censored."""
    arms = []
    for arm in (1, 0):
        lines = [line for line in counts if line["arm"] == arm]
        closed = _numbers(lines, "n_won") + _numbers(lines, "n_lost")
        arms.append(survival.kaplan_meier(_numbers(lines, "t_days"), closed, _numbers(lines, "n_censored")))
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
    result = survival.rmst_difference(arms[0], arms[1], horizon).scaled(math.sqrt(effect))
    row = _with_estimate(replace(row, baseline_mean=_finite(baseline.estimate)), result)
    sd = baseline.se * math.sqrt(sizes[1])
    point, limit = experiment.e_values_of_difference(result, sd=sd)
    return replace(row, evalue_point=_finite(point), evalue_ci=_finite(limit))


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


# -- parts of a row ------------------------------------------------------------------------------------------------


def _with_estimate(row: ImpactRow, result: Estimate) -> ImpactRow:
    relative = result.estimate / row.baseline_mean if row.baseline_mean else math.nan
    return replace(
        row,
        estimate=_finite(result.estimate),
        se=_finite(result.se),
        ci_low=_finite(result.ci_low),
        ci_high=_finite(result.ci_high),
        ci_method=result.ci_method,
        df=_finite(result.df),
        p_value=_finite(result.p_value),
        mde_80=_finite(result.mde_80),
        relative_effect=_finite(relative),
    )


def _with_evalue(row: ImpactRow, result: Estimate, cells: Rows, design: Mapping[str, Any]) -> ImpactRow:
    """Hidden confounding that could explain it: shares against the treated teams without the change, days by sd."""
    after = [line for line in cells if line["arm"] == 1 and line["period"] == 1]
    n, total = _numbers(after, "n").sum(), float(_unshifted(after).sum())
    if not n:
        return row
    if design.get("outcome_kind") == "won":
        point, limit = experiment.e_values_of_difference(result, baseline=total / n - result.estimate)
    else:
        shifted = float(_numbers(after, "sum_y").sum())
        square = float(_numbers(after, "sum_y2").sum())
        sd = math.sqrt(max(0.0, square / n - (shifted / n) ** 2))
        point, limit = experiment.e_values_of_difference(result, sd=sd)
    return replace(row, evalue_point=_finite(point), evalue_ci=_finite(limit))


def _with_naive(row: ImpactRow, lines: Rows) -> ImpactRow:
    """What "deals with messages" minus "deals without" would say: published beside the estimate as the trap it is."""
    arms = {}
    for linked in (True, False):
        n, sum_y, sum_yy = (
            sum(float(line[name]) for line in lines if bool(line["is_linked"]) is linked)
            for name in ("n", "sum_y", "sum_y2")
        )
        arms[linked] = experiment.Arm(n, sum_y, sum_yy)
    if min(arm.n for arm in arms.values()) < 2:
        return row
    found = experiment.mean_difference(arms[True], arms[False])
    return replace(
        row,
        naive_estimate=_finite(found.estimate),
        naive_ci_low=_finite(found.ci_low),
        naive_ci_high=_finite(found.ci_high),
    )


def _counts(seen: Mapping[str, Any]) -> dict[str, int]:
    """What was left out of the comparison, and how often."""
    names = (
        *("n_closed_before_landmark", "n_excluded_simultaneous", "n_not_followed_yet", "n_outcome_before_index"),
        *("n_teams_dropped_unbalanced", "n_units_dropped"),
    )
    return {name: int(seen[name]) for name in names if seen.get(name) is not None}


def _share(part: Any, whole: Any) -> float | None:
    return float(part or 0) / float(whole) if whole else None


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _column(rows: Rows, name: str) -> list[Any]:
    return [line[name] for line in rows]


def _numbers(rows: Rows, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([float(line[name]) for line in rows], dtype=np.float64)


def _unshifted(rows: Rows) -> np.ndarray[Any, np.dtype[np.float64]]:
    return _numbers(rows, "sum_y") + _numbers(rows, "n") * _numbers(rows, "shift")
