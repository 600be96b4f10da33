{% set shares = {
    'active_contributing_share': ('active_contributing', 'eligible_n'),
    'active_purposeful_share': ('active_purposeful', 'eligible_n'),
    'habitual_share': ('habitual', 'classifiable_n'),
    'habitual_share_4of4': ('habitual_4of4', 'classifiable_n'),
    'power_share': ('power_users', 'classifiable_n'),
    'novice_share': ('novices', 'classifiable_n'),
    'low_share': ('low_users', 'classifiable_n'),
    'non_user_share': ('non_users', 'classifiable_n'),
    'adopted_share': ('adopters', 'eligible_n'),
    'adopted_share_launch': ('launch_adopters', 'launch_n'),
} %}
with

counts as (

    select
        counted.unit_type,
        counted.unit,
        counted.period_start_date,
        counted.observable_count,
        counted.eligible_n,
        released.eligible_hidden,
        {% for slug, (successes, n) in shares.items() -%}
            counted.{{ successes }} as {{ slug }}_successes,
            counted.{{ n }} as {{ slug }}_n{% if not loop.last %},{% endif %}
        {% endfor -%}
    from {{ ref('agg_adoption_window') }} as counted
    inner join {{ ref('fct_unit_release') }} as released
        on
            counted.unit_type = released.unit_type
            and counted.unit = released.unit
            and counted.period_start_date = released.period_start_date

),

hidden as (

    select
        counts.*,
        {% for slug in shares -%}
            {{ hidden_reason(
                slug, within='period_start_date', is_part="unit_type = 'org_unit'", released='eligible_hidden'
            ) }}
            {%- if not loop.last %},{% endif %}
        {% endfor -%}
    from counts

),

chasm as (

    select
        'organisation' as unit_type,
        period_start_date,
        chasm_status
    from {{ ref('agg_chasm') }}

),

staged as (

    select
        hidden.*,
        chasm.chasm_status,
        {{ safe_divide('adopted_share_successes', 'adopted_share_n') }} as adopted
    from hidden
    left join chasm
        on hidden.unit_type = chasm.unit_type and hidden.period_start_date = chasm.period_start_date

)

select
    '_org' as purpose_id,
    unit_type,
    unit,
    period_start_date as period_start,
    'w28' as period_grain,
    {{ family_version('A') }} as metric_version,
    case
        when eligible_hidden is null or eligible_hidden = 'not_observable'
            then {{ safe_divide('observable_count', 'eligible_n') }}
    end as coverage,
    cast(null as double) as active_any_share,
    cast(null as double) as active_any_share_ci_low,
    cast(null as double) as active_any_share_ci_high,
    cast(null as bigint) as active_any_share_n,
    'not_observable' as active_any_share_suppressed_reason,
    {% for slug in shares -%}
        {{ share_columns(slug) }},
    {% endfor -%}
    case
        when adopted_share_hidden is not null then null
        when adopted <= 0.025 then 'innovators'
        when adopted <= 0.16 then 'early_adopters'
        when adopted <= 0.5 then 'early_majority'
        when adopted <= 0.84 then 'late_majority'
        else 'laggards'
    end as rogers_stage,
    case when adopted_share_hidden is null then adopted_share_n end as rogers_stage_n,
    adopted_share_hidden as rogers_stage_suppressed_reason,
    case when adopted_share_hidden is null and adopted_share_n >= 30 then chasm_status end as chasm_status,
    case when adopted_share_hidden is null and unit_type = 'organisation' then adopted_share_n end
        as chasm_status_n,
    case
        when unit_type = 'organisation' and adopted_share_hidden is not null then adopted_share_hidden
        when unit_type = 'organisation' and adopted_share_n < 30 then 'insufficient_n'
    end as chasm_status_suppressed_reason
from staged
