-- One row per purpose x unit x period: cohorts by creation (C1b, C2, C6, C7) or entry into a stage (C8), deals decided
-- in the period (C1, C3, C4), and the two years before its end (C5).
with

released as (

    select * from {{ ref('fct_outcome_release') }}

)

select
    purpose_id,
    unit_type,
    unit,
    period_start,
    period_grain,
    {{ family_version('C') }} as metric_version,
    {{ sorted_list('currency') }} as currency,
    {{ outcome_columns('C1', 'win_rate_closed') }},
    {{ outcome_columns('C1a', 'win_rate_amount') }},
    {{ outcome_columns('C1b_90', 'win_rate_90') }},
    {{ outcome_columns('C1b_180', 'win_rate_180') }},
    {{ outcome_columns('C1b_365', 'win_rate_365') }},
    {{ outcome_columns('C2', 'cycle_time') }},
    {{ outcome_columns('C2_rmst', 'cycle_time_rmst') }},
    {{ outcome_columns('C2_won', 'cycle_time_won') }},
    {{ outcome_columns('C3', 'pipeline_velocity') }},
    {{ outcome_columns('C3_open', 'velocity_open_count', 'bigint') }},
    {{ outcome_columns('C3_rate', 'velocity_win_rate') }},
    {{ outcome_columns('C3_value', 'velocity_mean_value') }},
    {{ outcome_columns('C3_days', 'velocity_cycle_days') }},
    {{ outcome_columns('C4', 'deal_size') }},
    {{ outcome_columns('C4_wmean', 'deal_size_wmean') }},
    {{ outcome_columns('C4_gmean', 'deal_size_gmean') }},
    {{ outcome_columns('C4_sum', 'deal_size_sum', 'decimal(18, 2)') }},
    {{ outcome_columns('C4_excluded', 'deal_size_excluded_count', 'bigint') }},
    {{ outcome_columns('C4_tail', 'deal_size_is_heavy_tailed', 'boolean') }},
    {{ outcome_columns('C5', 'retention') }},
    {{ outcome_columns('C5_grr', 'retention_grr') }},
    {{ outcome_columns('C5_nrr', 'retention_nrr') }},
    {{ outcome_columns('C6_sourced', 'influence_sourced', 'decimal(18, 2)') }},
    {{ outcome_columns('C6_assisted', 'influence_assisted', 'decimal(18, 2)') }},
    {{ outcome_columns('C6_suspected', 'influence_suspected', 'decimal(18, 2)') }},
    {{ outcome_columns('C6_range', 'influence_range', 'decimal(18, 2)') }},
    {{ outcome_columns('C7', 'pipeline_created_count', 'bigint') }},
    {{ outcome_columns('C7_amount', 'pipeline_created_amount', 'decimal(18, 2)') }},
    {{ outcome_columns('C8_30', 'stage_conversion_30') }},
    {{ outcome_columns('C8_90', 'stage_conversion_90') }}
from released
group by purpose_id, unit_type, unit, period_start, period_grain
