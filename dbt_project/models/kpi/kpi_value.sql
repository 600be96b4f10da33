-- One row per purpose x metric x unit x period, long form: every number of the wide tables, by metric_id and column.
-- A label (rogers_stage, chasm_status, a heavy tail) stands here as its place in its order.
{%- set numbers = {
    'kpi_leader_engagement': {
        'L1': 'active_leader_share', 'L1_incl_delegate': 'active_leader_share_incl_delegate',
        'L2': 'posting_days', 'L2_incl_delegate': 'posting_days_incl_delegate', 'L2_p25': 'posting_days_p25',
        'L2_p25_incl_delegate': 'posting_days_p25_incl_delegate', 'L2_p75': 'posting_days_p75',
        'L2_p75_incl_delegate': 'posting_days_p75_incl_delegate', 'L3': 'leader_reply_rate',
        'L3_incl_delegate': 'leader_reply_rate_incl_delegate', 'L4': 'engaged_reach',
        'L4_incl_delegate': 'engaged_reach_incl_delegate', 'L4b': 'seen_reach',
        'L4b_incl_delegate': 'seen_reach_incl_delegate', 'L5': 'two_way_ratio',
        'L5_incl_delegate': 'two_way_ratio_incl_delegate', 'L6': 'skip_level_share',
        'L6_incl_delegate': 'skip_level_share_incl_delegate', 'L7': 'purposeful_leader_share',
        'L7_incl_delegate': 'purposeful_leader_share_incl_delegate', 'L8': 'engaged_leader_share',
        'L8_incl_delegate': 'engaged_leader_share_incl_delegate', 'L9': 'delegate_share',
    },
    'kpi_adoption': {
        'A1': 'active_any_share', 'A2': 'active_contributing_share', 'A3': 'active_purposeful_share',
        'A4': 'habitual_share', 'A4_4of4': 'habitual_share_4of4', 'A4_power': 'power_share',
        'A4_novice': 'novice_share', 'A4_low': 'low_share', 'A4_non': 'non_user_share', 'A5': 'adopted_share',
        'A5_launch': 'adopted_share_launch', 'A6': 'rogers_stage', 'A7': 'chasm_status', 'A7_growth': 'adoption_growth', 'A9_retained': 'retained',
        'A9_lapsed': 'lapsed', 'A9_reactivated': 'reactivated', 'A9_new': 'new',
        'A9_retention': 'retention_share', 'A10': 'time_to_adopt',
    },
    'kpi_adoption_forecast': {
        'A8': 'bass_forecast', 'A8_t16': 'bass_t16_weeks',
    },
    'kpi_behaviour': {
        'O1': 'cross_unit_density', 'O1_cross': 'cross_unit_density_cross',
        'O1_within': 'cross_unit_density_within', 'O1_degree': 'cross_unit_degree', 'O2': 'ei_index',
        'O2_expected': 'ei_expected', 'O2_excess': 'ei_excess', 'O2s': 'ei_index_strong',
        'O3': 'reciprocity_arc', 'O3b': 'two_way_pair_share', 'O4': 'response_time',
        'O4_s4': 'response_time_s4', 'O4_s24': 'response_time_s24', 'O4_s72': 'response_time_s72',
        'O5': 'answered_48h', 'O6_all': 'contribution_gini_all', 'O6_active': 'contribution_gini_active',
        'O7_0': 'participation_0', 'O7_1_4': 'participation_1_4', 'O7_5': 'participation_5',
        'O7_top1': 'participation_top1', 'O7_top10': 'participation_top10', 'O8': 'partner_reach',
        'O9': 'unit_constraint', 'O10': 'isolate_share', 'O11': 'reply_rate_72h',
        'O11_reaction': 'reaction_rate_72h', 'O12': 'thread_reply_share',
    },
    'kpi_purpose_coverage': {
        'P1': 'purpose_coverage', 'P1_days': 'purpose_coverage_days', 'P2': 'measurable_purpose_share',
        'P3': 'live_purpose_share',
    },
    'kpi_outcome': {
        'C1': 'win_rate_closed', 'C1a': 'win_rate_amount', 'C1b_90': 'win_rate_90', 'C1b_180': 'win_rate_180',
        'C1b_365': 'win_rate_365', 'C2': 'cycle_time', 'C2_rmst': 'cycle_time_rmst', 'C2_won': 'cycle_time_won',
        'C3': 'pipeline_velocity', 'C3_open': 'velocity_open_count', 'C3_rate': 'velocity_win_rate',
        'C3_value': 'velocity_mean_value', 'C3_days': 'velocity_cycle_days', 'C4': 'deal_size',
        'C4_wmean': 'deal_size_wmean', 'C4_gmean': 'deal_size_gmean', 'C4_sum': 'deal_size_sum',
        'C4_excluded': 'deal_size_excluded_count', 'C4_tail': 'deal_size_is_heavy_tailed', 'C5': 'retention',
        'C5_grr': 'retention_grr', 'C5_nrr': 'retention_nrr', 'C6_sourced': 'influence_sourced', 'C6_assisted': 'influence_assisted',
        'C6_suspected': 'influence_suspected', 'C6_range': 'influence_range', 'C7': 'pipeline_created_count',
        'C7_amount': 'pipeline_created_amount', 'C8_30': 'stage_conversion_30', 'C8_90': 'stage_conversion_90',
    },
} -%}
{%- set places = {
    'A6': {"'innovators'": 1, "'early_adopters'": 2, "'early_majority'": 3, "'late_majority'": 4, "'laggards'": 5},
    'A7': {"'before'": 0, "'in_chasm'": 1, "'crossed'": 2},
    'C4_tail': {'false': 0, 'true': 1},
} -%}
{%- set without_interval = ['L2', 'L2_incl_delegate', 'L2_p25', 'L2_p25_incl_delegate', 'L2_p75',
    'L2_p75_incl_delegate', 'A9_retained', 'A9_lapsed', 'A9_reactivated', 'A9_new', 'P2', 'P3', 'A6', 'A7', 'C4_tail'] -%}
{%- set with_own_coverage = ['kpi_behaviour', 'kpi_outcome', 'A1'] -%}
{%- for table, metrics in numbers.items() -%}
    {%- for metric_id, slug in metrics.items() %}
{{ value_rows(
    ref(table), metric_id, slug,
    has_interval=metric_id not in without_interval,
    own_coverage=table in with_own_coverage or metric_id in with_own_coverage,
    places=places.get(metric_id)
) }}
union all
    {%- endfor -%}
{%- endfor %}
-- The vendors' definitions, <vendor>.<name>: for comparison, never the canonical value.
select
    '_org' as purpose_id,
    lenses.metric_id,
    metrics.metric_version,
    'organisation' as unit_type,
    '_org' as unit,
    lenses.period_start,
    lenses.period_grain,
    lenses.value,
    lenses.ci_low,
    lenses.ci_high,
    lenses.n,
    lenses.coverage,
    lenses.suppressed_reason
from {{ ref('fct_lens_release') }} as lenses
left join {{ ref('dim_metric') }} as metrics on lenses.metric_id = metrics.metric_id
