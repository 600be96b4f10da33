"""Guard rails: what may be said about one result. Pure functions of the row; no code ever raises the level.

Every code caps the claim level; codes accumulate; the lowest cap wins. A refused result keeps its row, without numbers
that look like a finding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from throughline.statistics.row import Checks, ImpactRow, Thresholds
from throughline.statistics.sentences import sentence

LEVELS = ("none", "descriptive", "associated", "consistent_with_effect", "caused")
VERDICTS = ("refused", "supported", "harm", "association_only", "null_supported", "inconclusive")
QUASI = ("did", "staggered_did")
METHOD_CAP = {
    "did": "consistent_with_effect",
    "staggered_did": "consistent_with_effect",
    "landmark": "associated",  # a comparison without lot or phase answers a question of association
    "randomised": "caused",
}
# code -> highest level that may still be claimed; two codes have a milder and a harder case (see cap)
CAPS: dict[str, str | None] = {
    "UNKNOWN_DESIGN": "none",
    "UNKNOWN_METRIC": "none",
    "INCOMPLETE": "none",
    "NO_ESTIMATE": "none",
    "MIN_COHORT": "none",
    "FEW_CLUSTERS": "none",
    "FEW_EVENTS": "none",
    "EXPOSURE_AFTER_LANDMARK": "none",
    "EXPOSURE_AFTER_OUTCOME": "none",
    "NO_PRE_PERIODS": "associated",
    "PRETREND_FAIL": "descriptive",
    "PRETREND_BLIND": "associated",
    "BREAKDOWN": "descriptive",
    "UNDERPOWERED": "associated",
    "MULTIPLICITY": "descriptive",
    "PEEKING": "none",
    "SRM": "none",
    "ATTRITION": "associated",
    "OVERLAP": "descriptive",
    "HETEROGENEITY": None,
    "HEAVY_TAIL": "associated",
    "SENSITIVITY": "associated",
    "NOT_REGISTERED": "descriptive",
    "STALE": "none",
    "BASS_UNSTABLE": None,  # no forecast; the estimate stands
}
BLANKED = (
    "estimate", "se", "ci_low", "ci_high", "df", "p_value", "p_permutation", "q_bh", "q_bh_portfolio",
    "relative_effect", "naive_estimate", "naive_ci_low", "naive_ci_high", "evalue_point", "evalue_ci", "breakdown_m",
)  # fmt: skip
LIMITS = Thresholds()


def _value(number: float | None) -> float:
    """NaN for NULL: every comparison with it is false."""
    return math.nan if number is None else number


def has_estimate(row: ImpactRow) -> bool:
    """Estimate and both limits are finite numbers."""
    return all(math.isfinite(_value(number)) for number in (row.estimate, row.ci_low, row.ci_high))


def excludes_zero(row: ImpactRow) -> bool:
    """The interval lies wholly on one side of 0."""
    return has_estimate(row) and (_value(row.ci_low) > 0 or _value(row.ci_high) < 0)


def refusal_codes(row: ImpactRow, checks: Checks, limits: Thresholds = LIMITS) -> tuple[str, ...]:
    """All codes of one row in a fixed order. Codes about a claimed difference need an interval that excludes 0."""
    if checks.problem_codes:  # nothing was evaluated: no other code could be meant
        return tuple(code for code in CAPS if code in checks.problem_codes)
    found = set(_sample(row, checks, limits)) | set(_design(row, checks, limits)) | set(_time(row, checks))
    if excludes_zero(row):
        found |= set(_claimed(row, limits))
    return tuple(code for code in CAPS if code in found)


def _sample(row: ImpactRow, checks: Checks, limits: Thresholds) -> Iterator[str]:
    if not has_estimate(row):
        yield "NO_ESTIMATE"
    people = [n for n in (checks.n_people_t, checks.n_people_c) if n is not None]
    if (
        min(row.n_units_t, row.n_units_c) < limits.min_arm_units
        or any(n < limits.min_people for n in people)
        or _value(checks.smallest_cohort_units) < limits.min_cohort_units
    ):
        yield "MIN_COHORT"
    if _few_clusters(row, limits) is not None:
        yield "FEW_CLUSTERS"
    if row.n_events_t is not None and row.n_events_c is not None:
        events = (row.n_events_t, row.n_events_c)
        if sum(events) < limits.min_events or min(events) < limits.min_events_arm:
            yield "FEW_EVENTS"
    shares = (checks.dropped_share_treated, checks.dropped_share_control)
    uneven = abs(shares[0] - shares[1]) > limits.dropped_difference + 1e-12
    if _value(row.share_dropped) > limits.dropped_share or uneven:
        yield "ATTRITION"
    if _value(row.overlap_share) < 1 - limits.overlap_missing_share - 1e-12:
        yield "OVERLAP"
    if _value(row.heterogeneity_p) < limits.heterogeneity_p:
        yield "HETEROGENEITY"
    heavy = checks.is_raw_mean and _value(row.top1pct_share) > limits.top1pct_share
    if heavy or not checks.do_signs_agree:
        yield "HEAVY_TAIL"


def _design(row: ImpactRow, checks: Checks, limits: Thresholds) -> Iterator[str]:
    if checks.n_exposure_after_landmark > 0:
        yield "EXPOSURE_AFTER_LANDMARK"
    if checks.n_exposure_after_outcome > 0:
        yield "EXPOSURE_AFTER_OUTCOME"
    if row.method in QUASI:
        untested = not math.isfinite(_value(row.pretrend_p))
        if untested or not _value(checks.pre_periods_count) >= limits.min_pre_periods:
            yield "NO_PRE_PERIODS"
        lead = _value(checks.last_lead_low) > 0 or _value(checks.last_lead_high) < 0
        if _value(row.pretrend_p) < limits.pretrend_p or lead:
            yield "PRETREND_FAIL"
        if _value(row.pretrend_mdv) * _value(checks.mean_post_periods) > abs(_value(row.estimate)):
            yield "PRETREND_BLIND"
    if row.method == "randomised" and _value(row.srm_p) < limits.srm_p:
        yield "SRM"
    if not _value(row.mde_80) <= abs(_value(row.min_effect_of_interest)):
        yield "UNDERPOWERED"  # also where nobody said which difference would matter
    if checks.is_bass_unstable:
        yield "BASS_UNSTABLE"


def _time(row: ImpactRow, checks: Checks) -> Iterator[str]:
    if row.ci_kind == "fixed" and (row.look_no > 1 or not checks.is_planned_look):
        yield "PEEKING"
    if not checks.is_registered:
        yield "NOT_REGISTERED"
    if checks.data_until is not None and row.window_end is not None and checks.data_until < row.window_end:
        yield "STALE"


def _claimed(row: ImpactRow, limits: Thresholds) -> Iterator[str]:
    if row.method in QUASI and _value(row.breakdown_m) < limits.breakdown_associated:
        yield "BREAKDOWN"
    if _value(row.q_bh) > limits.q_bh:
        yield "MULTIPLICITY"
    if row.method != "randomised" and _value(row.evalue_ci) < limits.evalue_ci:
        yield "SENSITIVITY"


def _few_clusters(row: ImpactRow, limits: Thresholds) -> str | None:
    """Cap of FEW_CLUSTERS: none below 5 an arm; associated for 5 to 9 unless the permutation p agrees."""
    clusters = [n for n in (row.n_clusters_t, row.n_clusters_c) if n is not None]
    if not clusters or min(clusters) >= limits.safe_clusters:
        return None
    if min(clusters) < limits.min_clusters:
        return "none"
    agrees = _value(row.p_permutation) <= 1 - row.ci_level + 1e-12
    return "associated" if excludes_zero(row) and not agrees else None


def cap(code: str, row: ImpactRow, limits: Thresholds = LIMITS) -> str:
    """Highest level that `code` leaves to this row."""
    if code == "FEW_CLUSTERS":
        return _few_clusters(row, limits) or "none"
    if code == "BREAKDOWN":
        return CAPS[code] or "none" if _value(row.breakdown_m) < limits.breakdown_descriptive else "associated"
    return CAPS[code] or LEVELS[-1]


def claim_level(row: ImpactRow, limits: Thresholds = LIMITS) -> str:
    """Lowest of: the method's cap, every code's cap, and "associated" where the interval holds 0."""
    caps = [METHOD_CAP.get(row.method, "none"), *(cap(code, row, limits) for code in row.refusal_codes)]
    if not has_estimate(row):
        caps.append("none")
    if not excludes_zero(row):
        caps.append("associated")
    if row.method == "randomised" and row.srm_p is None:
        caps.append("consistent_with_effect")  # without a checked lot nothing is "caused"
    return min(caps, key=LEVELS.index)


def verdict(row: ImpactRow) -> str:
    """One of VERDICTS, from the row's level and interval.

    An underpowered comparison supports no null, even with an interval inside +- min_effect_of_interest.
    """
    if row.claim_level == "none":
        return "refused"
    if excludes_zero(row):
        if LEVELS.index(row.claim_level) >= LEVELS.index("consistent_with_effect"):
            return "supported" if _value(row.estimate) * row.declared_direction > 0 else "harm"
        return "association_only" if row.claim_level == "associated" else "inconclusive"
    small = abs(_value(row.min_effect_of_interest))
    inside = -small < _value(row.ci_low) and _value(row.ci_high) < small
    if inside and row.claim_level == "associated" and "UNDERPOWERED" not in row.refusal_codes:
        return "null_supported"
    return "inconclusive"


def judge(row: ImpactRow, checks: Checks, limits: Thresholds = LIMITS) -> ImpactRow:
    """The row with codes, level, verdict and sentence; a refused row has its estimates blanked."""
    coded = replace(row, refusal_codes=refusal_codes(row, checks, limits))
    levelled = replace(coded, claim_level=claim_level(coded, limits))
    decided = replace(levelled, verdict=verdict(levelled))
    if decided.verdict == "refused":
        decided = replace(decided, **dict.fromkeys(BLANKED))  # type: ignore[arg-type]
    return replace(decided, sentence=sentence(decided))
