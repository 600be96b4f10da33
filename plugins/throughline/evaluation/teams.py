"""Teams that began against teams that did not: one start date, or several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from throughline.evaluation.parts import (
    Aggregates,
    Result,
    Rows,
    column,
    finite,
    numbers,
    unshifted,
    with_estimate,
    with_evalue,
)
from throughline.statistics import aggregates, bacon, did, pretrend, staggered
from throughline.statistics.row import Checks, ImpactRow

FEW_UNITS: Final = 40  # below it the F form of the pre-trend test holds its level, the chi-square form does not


def difference_in_differences(design: Mapping[str, Any], found: Aggregates, row: ImpactRow, checks: Checks) -> Result:
    """did: the clusters' changes, with the panel's pre-trend beside them. staggered_did: the panel itself."""
    is_staggered = design["method"] == "staggered_did"
    anticipation = int(design.get("anticipation_periods") or 0)
    cells = _cells(found.moments, anticipation, small="merge" if is_staggered else "keep")
    if found.cells:
        collapsed = did.collapse(
            column(found.cells, "cluster_id"),
            column(found.cells, "arm"),
            column(found.cells, "period"),
            numbers(found.cells, "n"),
            unshifted(found.cells),
        )
        simple = did.collapsed_did(collapsed)
        row = replace(
            row,
            n_clusters_t=simple.n_clusters_t,
            n_clusters_c=simple.n_clusters_c,
            p_permutation=finite(simple.p_permutation),
            baseline_mean=finite(simple.baseline_mean),
        )
        if not is_staggered:
            result = found.look.interval(simple.result, row)
            row = with_evalue(with_estimate(row, result), result, found.cells, design)
    else:
        row = replace(row, n_clusters_t=0, n_clusters_c=0)
    if cells is None:
        return Result(row, replace(checks, pre_periods_count=0))
    return _with_panel(row, checks, cells, found, design)


def _with_panel(
    row: ImpactRow, checks: Checks, cells: staggered.GroupTime, found: Aggregates, design: Mapping[str, Any]
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
        overall = found.look.interval(aggregates.aggregate(cells, simple), row)
        row = replace(
            with_evalue(with_estimate(row, overall), overall, found.cells, design),
            control_group=f"{design.get('control_group') or 'teams in no purpose'}"
            + (", and those that had not begun" if cells.control_group == "not_yet" else ""),
            n_clusters_t=round(float(treated.sum())),
            n_clusters_c=round(cells.moments.n_never),
            p_permutation=None,
        )
    lead = tested.last_lead
    row = replace(
        row,
        pretrend_stat=finite(tested.stat),
        pretrend_df=tested.df or None,
        pretrend_p=finite(tested.p_value_f if few else tested.p_value),
        pretrend_mdv=finite(tested.mdv),
        breakdown_m=finite(pretrend.breakdown(first, tested.jumps)) if first else None,
        bacon_forbidden_weight=finite(bacon.decompose(cells.moments).forbidden_weight),
    )
    checks = replace(
        checks,
        pre_periods_count=tested.pre_periods_count,
        mean_post_periods=finite(aggregates.mean_post_periods(cells, simple)),
        last_lead_low=finite(lead.ci_low) if lead else None,
        last_lead_high=finite(lead.ci_high) if lead else None,
        smallest_cohort_units=round(float(treated.min())) if is_staggered and len(treated) else None,
    )
    return Result(row, checks, events)


def _cells(moments: Rows, anticipation: int, *, small: Any) -> staggered.GroupTime | None:
    """ATT(g,t) of the panel; None where it holds no treated cohort, no control or one period."""
    if not moments:
        return None
    n = numbers(moments, "n_units")
    shift = numbers(moments, "shift")
    y_t, y_s = (numbers(moments, name) for name in ("sum_y_t", "sum_y_s"))
    panel = staggered.cohort_moments(
        column(moments, "cohort"),
        column(moments, "t"),
        column(moments, "s"),
        n_units=n,
        sum_y_t=y_t + n * shift,
        sum_y_t_y_s=numbers(moments, "sum_y_t_y_s") + shift * (y_t + y_s) + n * shift**2,
        small=small,
        anticipation=anticipation,
    )
    if not len(panel.cohort) or not (panel.cohort != staggered.NEVER).any() or len(panel.periods) < 2:
        return None
    group = staggered.choose_control_group(panel) if small == "merge" else "never"
    cells = staggered.group_time(panel, control_group=group, anticipation=anticipation)
    return cells if cells.is_post.any() else None
