-- One row per purpose x unit x period: cohorts by creation (C1b, C2, C7) and deals decided in the period (C1, C4).
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
    max(currency) as currency,
    {{ outcome_columns('C1', 'win_rate_closed') }},
    {{ outcome_columns('C1b_90', 'win_rate_90') }},
    {{ outcome_columns('C1b_180', 'win_rate_180') }},
    {{ outcome_columns('C1b_365', 'win_rate_365') }},
    {{ outcome_columns('C2', 'cycle_time') }},
    {{ outcome_columns('C2_rmst', 'cycle_time_rmst') }},
    {{ outcome_columns('C4', 'deal_size') }},
    {{ outcome_columns('C4_gmean', 'deal_size_gmean') }},
    {{ outcome_columns('C4_sum', 'deal_size_sum', 'decimal(18, 2)') }},
    {{ outcome_columns('C7', 'pipeline_created_count', 'bigint') }},
    {{ outcome_columns('C7_amount', 'pipeline_created_amount', 'decimal(18, 2)') }}
from released
group by purpose_id, unit_type, unit, period_start, period_grain
