-- One row per cell x outcome metric, as it may be shown: k first, then the hidden cells' complements, then
-- dominance, then the metric's own minimum. A hidden part is not revealed by its total, nor a month by its quarter.
with

outcomes as (

    select
        outcomes.*,
        cast({{ dbt.date_trunc('quarter', 'period_start') }} as date) as quarter_start
    from {{ ref('agg_outcome') }} as outcomes

),

reasons as (

    select
        outcomes.*,
        {{ cell_reason(
            people='people',
            within='metric_id, purpose_id, unit_type, period_grain, period_start',
            is_part="(unit_type in ('org_unit', 'currency'))",
            tie_break='unit'
        ) }} as unit_reason,
        {{ cell_reason(
            people='people',
            within='metric_id, purpose_id, unit_type, unit, period_grain, quarter_start',
            is_part="(period_grain = 'month')",
            tie_break='period_start'
        ) }} as period_reason
    from outcomes

),

released as (

    select
        reasons.*,
        -- where nothing could be seen, nobody is too few
        case
            when people = 0 and own_reason = 'not_observable' then own_reason
            else coalesce(unit_reason, period_reason, own_reason)
        end as suppressed_reason
    from reasons

)

select
    {{ cell() }},
    metric_id,
    currency,
    case when suppressed_reason is null then value end as value,
    case when suppressed_reason is null or suppressed_reason = 'small_n' then ci_low end as ci_low,
    case when suppressed_reason is null or suppressed_reason = 'small_n' then ci_high end as ci_high,
    case
        when suppressed_reason in ('below_k', 'complementary', 'dominance') then null
        else n
    end as n,
    coverage,
    suppressed_reason
from released
