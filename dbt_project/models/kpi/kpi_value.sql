-- One row per purpose x metric x unit x period, long form: a visible line for every number of the wide tables.
-- Labels (rogers_stage, chasm_status, growth) are no numbers: they stay in kpi_adoption.
{{ value_rows(ref('kpi_leader_engagement'), 'L1', 'active_leader_share') }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L1_incl_delegate', 'active_leader_share_incl_delegate') }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L2', 'posting_days', has_interval=false) }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L2_incl_delegate', 'posting_days_incl_delegate', has_interval=false) }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L2_p25', 'posting_days_p25', has_interval=false) }}
union all
{{ value_rows(
    ref('kpi_leader_engagement'), 'L2_p25_incl_delegate', 'posting_days_p25_incl_delegate', has_interval=false
) }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L2_p75', 'posting_days_p75', has_interval=false) }}
union all
{{ value_rows(
    ref('kpi_leader_engagement'), 'L2_p75_incl_delegate', 'posting_days_p75_incl_delegate', has_interval=false
) }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L3', 'leader_reply_rate') }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L3_incl_delegate', 'leader_reply_rate_incl_delegate') }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L4', 'engaged_reach') }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L4_incl_delegate', 'engaged_reach_incl_delegate') }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L4b', 'seen_reach') }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L4b_incl_delegate', 'seen_reach_incl_delegate') }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L5', 'two_way_ratio') }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L5_incl_delegate', 'two_way_ratio_incl_delegate') }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L6', 'skip_level_share') }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L6_incl_delegate', 'skip_level_share_incl_delegate') }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L7', 'purposeful_leader_share') }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L7_incl_delegate', 'purposeful_leader_share_incl_delegate') }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L8', 'engaged_leader_share') }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L8_incl_delegate', 'engaged_leader_share_incl_delegate') }}
union all
{{ value_rows(ref('kpi_leader_engagement'), 'L9', 'delegate_share') }}
union all
{{ value_rows(ref('kpi_adoption'), 'A1', 'active_any_share', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_adoption'), 'A2', 'active_contributing_share') }}
union all
{{ value_rows(ref('kpi_adoption'), 'A3', 'active_purposeful_share') }}
union all
{{ value_rows(ref('kpi_adoption'), 'A4', 'habitual_share') }}
union all
{{ value_rows(ref('kpi_adoption'), 'A4_4of4', 'habitual_share_4of4') }}
union all
{{ value_rows(ref('kpi_adoption'), 'A4_power', 'power_share') }}
union all
{{ value_rows(ref('kpi_adoption'), 'A4_novice', 'novice_share') }}
union all
{{ value_rows(ref('kpi_adoption'), 'A4_low', 'low_share') }}
union all
{{ value_rows(ref('kpi_adoption'), 'A4_non', 'non_user_share') }}
union all
{{ value_rows(ref('kpi_adoption'), 'A5', 'adopted_share') }}
union all
{{ value_rows(ref('kpi_adoption'), 'A5_launch', 'adopted_share_launch') }}
union all
{{ value_rows(ref('kpi_adoption'), 'A7_growth', 'adoption_growth') }}
union all
{{ value_rows(ref('kpi_adoption_forecast'), 'A8', 'bass_forecast') }}
union all
{{ value_rows(ref('kpi_adoption_forecast'), 'A8_t16', 'bass_t16_weeks') }}
union all
{{ value_rows(ref('kpi_adoption'), 'A9_retained', 'retained', has_interval=false) }}
union all
{{ value_rows(ref('kpi_adoption'), 'A9_lapsed', 'lapsed', has_interval=false) }}
union all
{{ value_rows(ref('kpi_adoption'), 'A9_reactivated', 'reactivated', has_interval=false) }}
union all
{{ value_rows(ref('kpi_adoption'), 'A9_new', 'new', has_interval=false) }}
union all
{{ value_rows(ref('kpi_adoption'), 'A9_retention', 'retention_share') }}
union all
{{ value_rows(ref('kpi_adoption'), 'A10', 'time_to_adopt') }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O1', 'cross_unit_density', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O1_cross', 'cross_unit_density_cross', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O1_within', 'cross_unit_density_within', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O1_degree', 'cross_unit_degree', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O2', 'ei_index', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O2_expected', 'ei_expected', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O2_excess', 'ei_excess', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O2s', 'ei_index_strong', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O3', 'reciprocity_arc', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O3b', 'two_way_pair_share', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O4', 'response_time', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O4_s4', 'response_time_s4', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O4_s24', 'response_time_s24', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O4_s72', 'response_time_s72', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O5', 'answered_48h', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O6_all', 'contribution_gini_all', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O6_active', 'contribution_gini_active', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O7_0', 'participation_0', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O7_1_4', 'participation_1_4', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O7_5', 'participation_5', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O7_top1', 'participation_top1', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O7_top10', 'participation_top10', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O8', 'partner_reach', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O9', 'unit_constraint', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O10', 'isolate_share', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O11', 'reply_rate_72h', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O11_reaction', 'reaction_rate_72h', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_behaviour'), 'O12', 'thread_reply_share', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_purpose_coverage'), 'P1', 'purpose_coverage') }}
union all
{{ value_rows(ref('kpi_purpose_coverage'), 'P1_days', 'purpose_coverage_days') }}
union all
{{ value_rows(ref('kpi_purpose_coverage'), 'P2', 'measurable_purpose_share', has_interval=false) }}
union all
{{ value_rows(ref('kpi_purpose_coverage'), 'P3', 'live_purpose_share', has_interval=false) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C1', 'win_rate_closed', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C1a', 'win_rate_amount', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C1b_90', 'win_rate_90', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C1b_180', 'win_rate_180', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C1b_365', 'win_rate_365', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C2', 'cycle_time', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C2_rmst', 'cycle_time_rmst', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C2_won', 'cycle_time_won', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C3', 'pipeline_velocity', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C3_open', 'velocity_open_count', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C3_rate', 'velocity_win_rate', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C3_value', 'velocity_mean_value', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C3_days', 'velocity_cycle_days', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C4', 'deal_size', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C4_wmean', 'deal_size_wmean', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C4_gmean', 'deal_size_gmean', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C4_sum', 'deal_size_sum', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C4_excluded', 'deal_size_excluded_count', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C5', 'retention', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C5_grr', 'retention_grr', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C5_nrr', 'retention_nrr', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C6_sourced', 'influence_sourced', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C6_assisted', 'influence_assisted', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C6_suspected', 'influence_suspected', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C6_range', 'influence_range', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C7', 'pipeline_created_count', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C7_amount', 'pipeline_created_amount', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C8_30', 'stage_conversion_30', own_coverage=true) }}
union all
{{ value_rows(ref('kpi_outcome'), 'C8_90', 'stage_conversion_90', own_coverage=true) }}
union all
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
