"""ImpactRow: one result as it is published; Checks: what the guards must know beside it; Thresholds: every limit.

The columns are those of `impact_result`. NULL is None; a number that could not be computed is None too, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Method = Literal["did", "staggered_did", "landmark", "randomised"]


@dataclass(frozen=True)
class Thresholds:
    """This project's defaults, not laws of nature. Every guard reads its limit here and nowhere else."""

    min_arm_units: int = 30
    min_people: int = 10
    min_cohort_units: int = 5
    min_clusters: int = 5
    safe_clusters: int = 10  # below it the permutation p must agree with the interval
    min_events: int = 20
    min_events_arm: int = 5
    min_pre_periods: int = 3
    pretrend_p: float = 0.10
    breakdown_associated: float = 1.0
    breakdown_descriptive: float = 0.5
    q_bh: float = 0.05
    srm_p: float = 0.001
    dropped_share: float = 0.10
    dropped_difference: float = 0.05
    overlap_missing_share: float = 0.20
    heterogeneity_p: float = 0.05
    top1pct_share: float = 0.25
    evalue_ci: float = 1.25


@dataclass(frozen=True)
class Checks:
    """Facts about a design that are not columns of the row. The defaults are those of a clean design.

    n_people_*: people behind an arm (None where the unit holds no people); smallest_cohort_units: panel units of the
    smallest cohort used; mean_post_periods: periods from base to cell, averaged (aggregates.mean_post_periods);
    last_lead_*: interval of the change just before the start; dropped_share_*: units lost by arm; problem_codes: why
    the design as declared cannot be evaluated at all.
    """

    n_people_t: int | None = None
    n_people_c: int | None = None
    smallest_cohort_units: int | None = None
    n_exposure_after_landmark: int = 0
    n_exposure_after_outcome: int = 0
    pre_periods_count: int | None = None
    mean_post_periods: float | None = None
    last_lead_low: float | None = None
    last_lead_high: float | None = None
    is_planned_look: bool = True
    dropped_share_treated: float = 0.0
    dropped_share_control: float = 0.0
    is_raw_mean: bool = False
    do_signs_agree: bool = True
    is_registered: bool = True
    data_until: date | None = None
    is_bass_unstable: bool = False
    problem_codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImpactRow:
    """One row per design x outcome x stratum. Estimates are in `unit`; `contrast` says "<arm> minus <arm>".

    method is a Method, or what was declared where that is none. declared_direction (+1 or -1, from target minus
    baseline) is not published: it says which sign was hoped for.
    """

    run_id: str
    design_id: str
    purpose_id: str
    outcome: str
    method: Method | str
    unit: str
    contrast: str = "treated minus control"
    declared_direction: int = 1
    estimand: str = ""
    stratum: str = ""
    method_version: str = "1"
    control_group: str | None = None
    estimate: float | None = None
    se: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    ci_level: float = 0.95
    ci_kind: Literal["fixed", "sequential"] = "fixed"
    ci_method: str | None = None
    df: float | None = None
    p_value: float | None = None
    p_permutation: float | None = None
    q_bh: float | None = None
    q_bh_portfolio: float | None = None
    relative_effect: float | None = None
    baseline_mean: float | None = None
    naive_estimate: float | None = None
    naive_ci_low: float | None = None
    naive_ci_high: float | None = None
    n_units_t: int = 0
    n_units_c: int = 0
    n_clusters_t: int | None = None
    n_clusters_c: int | None = None
    n_events_t: int | None = None
    n_events_c: int | None = None
    window_start: date | None = None
    window_end: date | None = None
    landmark_days: int | None = None
    look_no: int = 1
    mde_80: float | None = None
    min_effect_of_interest: float | None = None
    pretrend_stat: float | None = None
    pretrend_df: int | None = None
    pretrend_p: float | None = None
    pretrend_mdv: float | None = None
    breakdown_m: float | None = None
    bacon_forbidden_weight: float | None = None
    heterogeneity_p: float | None = None
    srm_p: float | None = None
    evalue_point: float | None = None
    evalue_ci: float | None = None
    max_smd: float | None = None
    overlap_share: float | None = None
    share_dropped: float | None = None
    top1pct_share: float | None = None
    assumptions_json: str = "{}"
    claim_level: str = "none"
    verdict: str = "refused"
    refusal_codes: tuple[str, ...] = ()
    sentence: str = ""
    input_fingerprint: str = ""
    computed_at: datetime | None = None
