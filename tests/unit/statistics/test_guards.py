"""Every guard on both sides of its threshold, levels, verdicts, and what the sentences may not say."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from datetime import date
from itertools import product

import pytest

from throughline.statistics import guards, sentences
from throughline.statistics.row import Checks, ImpactRow, Thresholds

ROW = ImpactRow(
    run_id="r", design_id="d", purpose_id="p", outcome="win rate", method="staggered_did", unit="share",
    contrast="phased teams minus later teams", estimate=0.05, se=0.01, ci_low=0.03, ci_high=0.07, p_value=1e-6,
    q_bh=1e-6, n_units_t=300, n_units_c=400, n_clusters_t=20, n_clusters_c=22, n_events_t=80, n_events_c=90,
    mde_80=0.028, min_effect_of_interest=0.03, pretrend_p=0.6, pretrend_mdv=0.01, breakdown_m=2.0, evalue_ci=2.0,
    overlap_share=1.0, share_dropped=0.01, top1pct_share=0.02, window_end=date(2026, 6, 30), naive_estimate=0.2,
)  # fmt: skip
CHECKS = Checks(n_people_t=50, n_people_c=50, smallest_cohort_units=12, pre_periods_count=6, mean_post_periods=3.0,
                last_lead_low=-0.01, last_lead_high=0.02, data_until=date(2026, 6, 30))  # fmt: skip
LOT = replace(ROW, method="randomised", srm_p=0.4)
NULL = {"estimate": 0.004, "ci_low": -0.016, "ci_high": 0.024}
LIMIT = Thresholds()


def judged(row=ROW, checks=CHECKS, **changes):
    names = {f.name for f in fields(ImpactRow)}
    row = replace(row, **{k: v for k, v in changes.items() if k in names})
    return guards.judge(row, replace(checks, **{k: v for k, v in changes.items() if k not in names}))


def test_clean_quasi_experiment_is_consistent_with_an_effect():
    row = judged()
    assert (row.refusal_codes, row.claim_level, row.verdict) == ((), "consistent_with_effect", "supported")
    assert row.sentence == (
        "Consistent with an effect of the programme: win rate is 5.0 percentage points higher in phased teams than in "
        "later teams (95% interval +3.0 to +7.0; 300 against 400)."
    )


def test_clean_lot_is_caused():
    row = judged(LOT)
    assert (row.refusal_codes, row.claim_level, row.verdict) == ((), "caused", "supported")
    assert "caused" in row.sentence and "increased win rate" in row.sentence
    assert judged(LOT, srm_p=None).claim_level == "consistent_with_effect"


# code, changes just inside the rule, changes just outside it, level when it fires
BOUNDARIES = [
    ("UNKNOWN_DESIGN", {"problem_codes": ("UNKNOWN_DESIGN",)}, {}, "none"),
    ("UNKNOWN_METRIC", {"problem_codes": ("UNKNOWN_METRIC",)}, {}, "none"),
    ("INCOMPLETE", {"problem_codes": ("INCOMPLETE",)}, {}, "none"),
    ("NO_ESTIMATE", {"estimate": None}, {}, "none"),
    ("NO_ESTIMATE", {"ci_low": float("nan")}, {}, "none"),
    ("MIN_COHORT", {"n_units_t": 29}, {"n_units_t": 30}, "none"),
    ("MIN_COHORT", {"n_units_c": 29}, {"n_units_c": 31}, "none"),
    ("MIN_COHORT", {"n_people_c": 9}, {"n_people_c": 10}, "none"),
    ("MIN_COHORT", {"smallest_cohort_units": 4}, {"smallest_cohort_units": 5}, "none"),
    ("FEW_CLUSTERS", {"n_clusters_t": 4, "p_permutation": 0.001}, {"n_clusters_t": 5, "p_permutation": 0.001}, "none"),
    ("FEW_CLUSTERS", {"n_clusters_t": 5, "p_permutation": 0.06}, {"n_clusters_t": 5, "p_permutation": 0.05},
     "associated"),
    ("FEW_CLUSTERS", {"n_clusters_c": 9}, {"n_clusters_c": 10}, "associated"),
    ("FEW_EVENTS", {"n_events_t": 9, "n_events_c": 10}, {"n_events_t": 10, "n_events_c": 10}, "none"),
    ("FEW_EVENTS", {"n_events_t": 4}, {"n_events_t": 5}, "none"),
    ("EXPOSURE_AFTER_LANDMARK", {"n_exposure_after_landmark": 1}, {"n_exposure_after_landmark": 0}, "none"),
    ("EXPOSURE_AFTER_OUTCOME", {"n_exposure_after_outcome": 1}, {"n_exposure_after_outcome": 0}, "none"),
    ("NO_PRE_PERIODS", {"pre_periods_count": 2}, {"pre_periods_count": 3}, "associated"),
    ("NO_PRE_PERIODS", {"pre_periods_count": None}, {"pre_periods_count": 4}, "associated"),
    ("NO_PRE_PERIODS", {"pretrend_p": None}, {}, "associated"),
    ("PRETREND_FAIL", {"pretrend_p": 0.0999}, {"pretrend_p": 0.1}, "descriptive"),
    ("PRETREND_FAIL", {"last_lead_low": 0.001}, {"last_lead_low": 0.0}, "descriptive"),
    ("PRETREND_FAIL", {"last_lead_high": -0.001, "last_lead_low": -0.1}, {"last_lead_high": 0.0}, "descriptive"),
    ("PRETREND_BLIND", {"pretrend_mdv": 0.0167}, {"pretrend_mdv": 0.0166}, "associated"),
    ("BREAKDOWN", {"breakdown_m": 0.99}, {"breakdown_m": 1.0}, "associated"),
    ("BREAKDOWN", {"breakdown_m": 0.49}, {}, "descriptive"),
    ("BREAKDOWN", {"breakdown_m": 0.5}, {}, "associated"),
    ("UNDERPOWERED", {"mde_80": 0.0301}, {"mde_80": 0.03}, "associated"),
    ("UNDERPOWERED", {"min_effect_of_interest": None}, {}, "associated"),
    ("MULTIPLICITY", {"q_bh": 0.051}, {"q_bh": 0.05}, "descriptive"),
    ("PEEKING", {"look_no": 2}, {"look_no": 2, "ci_kind": "sequential"}, "none"),
    ("PEEKING", {"is_planned_look": False}, {"is_planned_look": False, "ci_kind": "sequential"}, "none"),
    ("ATTRITION", {"share_dropped": 0.101}, {"share_dropped": 0.1}, "associated"),
    ("ATTRITION", {"dropped_share_treated": 0.06}, {"dropped_share_treated": 0.05}, "associated"),
    ("OVERLAP", {"overlap_share": 0.79}, {"overlap_share": 0.8}, "descriptive"),
    ("HETEROGENEITY", {"heterogeneity_p": 0.049}, {"heterogeneity_p": 0.05}, "consistent_with_effect"),
    ("HEAVY_TAIL", {"do_signs_agree": False}, {}, "associated"),
    ("HEAVY_TAIL", {"top1pct_share": 0.251, "is_raw_mean": True}, {"top1pct_share": 0.25, "is_raw_mean": True},
     "associated"),
    ("SENSITIVITY", {"evalue_ci": 1.249}, {"evalue_ci": 1.25}, "associated"),
    ("NOT_REGISTERED", {"is_registered": False}, {}, "descriptive"),
    ("STALE", {"data_until": date(2026, 6, 29)}, {"data_until": date(2026, 6, 30)}, "none"),
    ("BASS_UNSTABLE", {"is_bass_unstable": True}, {}, "consistent_with_effect"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "inside", "outside", "level"), BOUNDARIES)
def test_both_sides_of_every_threshold(code, inside, outside, level):
    """The estimate is significant throughout; only the guard differs."""
    fired, clear = judged(**inside), judged(**outside)
    assert fired.refusal_codes == (code,)
    assert fired.claim_level == level
    assert (clear.refusal_codes, clear.verdict) == ((), "supported")
    assert sentences.REASONS[code] in fired.sentence


def test_sample_ratio_mismatch_refuses_a_lot_only():
    assert judged(LOT, srm_p=0.00099).claim_level == "none"
    assert judged(LOT, srm_p=0.001).claim_level == "caused"
    assert judged(ROW, srm_p=0.00099).refusal_codes == ()


def test_every_code_has_a_boundary_a_reason_and_a_cap():
    assert {code for code, *_ in BOUNDARIES} | {"SRM"} == set(guards.CAPS) == set(sentences.REASONS)
    assert set(guards.METHOD_CAP.values()) <= set(guards.LEVELS)


def test_thresholds_are_configurable():
    row = guards.judge(replace(ROW, n_units_t=29), CHECKS, Thresholds(min_arm_units=29))
    assert row.verdict == "supported"


def test_codes_accumulate_and_the_lowest_cap_wins():
    row = judged(breakdown_m=0.9, share_dropped=0.5, is_registered=False)
    assert row.refusal_codes == ("BREAKDOWN", "ATTRITION", "NOT_REGISTERED")
    assert (row.claim_level, row.verdict) == ("descriptive", "inconclusive")


def test_landmark_never_passes_associated():
    row = judged(method="landmark", landmark_days=14)
    assert (row.claim_level, row.verdict) == ("associated", "association_only")
    assert row.sentence.startswith("Associated, with other explanations still open")


def test_direction_decides_between_supported_and_harm():
    assert judged(declared_direction=-1).verdict == "harm"
    down = {"estimate": -0.05, "ci_low": -0.07, "ci_high": -0.03}
    assert judged(**down).verdict == "harm"
    assert judged(**down, declared_direction=-1).verdict == "supported"
    assert "lower in phased teams" in judged(**down).sentence


def test_null_needs_the_whole_interval_inside_and_enough_power():
    row = judged(**NULL)
    assert (row.claim_level, row.verdict) == ("associated", "null_supported")
    assert row.sentence.startswith("No difference in win rate larger than 3.0 percentage points")
    assert judged(LOT, **NULL).sentence.startswith("No effect on win rate larger than")
    assert judged(**NULL | {"ci_high": 0.03}).verdict == "inconclusive"
    assert judged(**NULL, mde_80=0.031).verdict == "inconclusive"
    assert judged(**NULL, is_registered=False).verdict == "inconclusive"


def test_codes_about_a_claimed_difference_are_silent_without_one():
    row = judged(**NULL, pretrend_mdv=0.0001, breakdown_m=-0.5, q_bh=0.9, evalue_ci=1.0)
    assert row.refusal_codes == ()


def test_underpowered_but_significant_is_likely_exaggerated():
    row = judged(mde_80=0.06)
    assert (row.verdict, "likely exaggerated" in row.sentence) == ("association_only", True)
    nothing = judged(**NULL, mde_80=0.06)
    assert nothing.verdict == "inconclusive"
    assert "Only a difference of 6.0 percentage points or more would be found reliably" in nothing.sentence


def test_a_refused_row_shows_no_number_that_looks_like_a_finding():
    row = judged(n_units_t=4)
    assert row.verdict == "refused"
    assert all(getattr(row, name) is None for name in guards.BLANKED)
    assert row.sentence == "No statement about win rate: a group is too small."
    assert guards.judge(row, CHECKS).verdict == "refused"


def everything():
    """Every method x interval x one code (or none): the rows whose sentences are checked word by word."""
    intervals = ({}, {"estimate": -0.05, "ci_low": -0.07, "ci_high": -0.03}, NULL, {"ci_low": -0.2, "ci_high": 0.3})
    changes = [{}, *(inside for _, inside, _, _ in BOUNDARIES), {"declared_direction": -1}, {"srm_p": 1e-9}]
    for method, interval, change in product(("did", "staggered_did", "landmark", "randomised"), intervals, changes):
        yield judged(**{"method": method, "srm_p": 0.5, **interval, **change})


def test_words_do_not_appear_below_their_level():
    seen = set()
    for row in everything():
        seen.add((row.claim_level, row.verdict))
        words = set(re.findall(r"[a-z]+", row.sentence.lower()))
        for stem in (w for word in words for w in sentences.WORD_LEVEL if word.startswith(w.rstrip("d"))):
            needed = sentences.WORD_LEVEL[stem]
            null_of_a_lot = stem == "effect" and row.method == "randomised" and row.verdict == "null_supported"
            enough = guards.LEVELS.index(row.claim_level) >= guards.LEVELS.index(needed)
            assert enough or null_of_a_lot, row.sentence
        assert not words & {"because", "led", "drove", "boosted", "influenced", "impact", "proves"}, row.sentence
        assert "no effect." not in row.sentence.lower() and row.sentence.endswith(".")
    assert {verdict for _, verdict in seen} == set(guards.VERDICTS)
    assert {level for level, _ in seen} == set(guards.LEVELS)


def test_no_effect_is_never_said_of_a_test_that_found_nothing():
    for row in everything():
        if row.verdict != "null_supported":
            assert not re.search(r"\bno (effect|difference)\b", row.sentence.lower()), row.sentence


def test_numbers_in_sentences():
    assert sentences.number(-0.0312, "share") == "3.1 percentage points"
    assert sentences.number(12345.6, "EUR") == "12,346 EUR"
    assert sentences.number(3.14159, "days") == "3.14 days"
    row = judged(unit="days", estimate=-2.5, ci_low=-4.0, ci_high=-1.0, ci_kind="sequential", look_no=3,
                 min_effect_of_interest=3.0, mde_80=2.0, declared_direction=-1)  # fmt: skip
    assert "2.5 days lower" in row.sentence and "always-valid interval −4 to −1" in row.sentence
    assert "smaller than the 3 days worth having" in row.sentence
    assert "interval 0.0 to" in judged(ci_low=-0.0001, ci_high=0.02).sentence


def test_row_has_exactly_the_published_columns():
    listed = """
    run_id, design_id, purpose_id, outcome, estimand, stratum, method, method_version, control_group, estimate,
    unit, contrast, se, ci_low, ci_high, ci_level, ci_kind, ci_method, df, p_value, p_permutation, q_bh,
    q_bh_portfolio, relative_effect, baseline_mean, naive_estimate, naive_ci_low, naive_ci_high, n_units_t,
    n_units_c, n_clusters_t, n_clusters_c, n_events_t, n_events_c, window_start, window_end, landmark_days,
    look_no, mde_80, min_effect_of_interest, pretrend_stat, pretrend_df, pretrend_p, pretrend_mdv, breakdown_m,
    bacon_forbidden_weight, heterogeneity_p, srm_p, evalue_point, evalue_ci, max_smd, overlap_share,
    share_dropped, top1pct_share, assumptions_json, claim_level, verdict, refusal_codes, sentence,
    input_fingerprint, computed_at
    """
    assert {f.name for f in fields(ImpactRow)} == set(re.findall(r"\w+", listed)) | {"declared_direction"}


def test_threats_are_stated_for_every_method_in_words_of_the_lowest_level():
    from throughline.statistics import threats

    for method in guards.METHOD_CAP:
        text = threats.assumptions_json(replace(ROW, method=method))
        assert set(json.loads(text)) == set(threats.THREATS)
        assert not re.search(r"effect|caused|increased|decreased", text)
    assert "landmark day" in threats.assumptions_json(replace(ROW, method="landmark"))
