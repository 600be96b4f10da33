{% set shares = {
    'active_any_share': ('counted.active_any', 'counted.eligible_n'),
    'active_contributing_share': ('counted.active_contributing', 'counted.eligible_n'),
    'active_purposeful_share': ('counted.active_purposeful', 'counted.eligible_n'),
    'habitual_share': ('counted.habitual', 'counted.classifiable_n'),
    'habitual_share_4of4': ('counted.habitual_4of4', 'counted.classifiable_n'),
    'power_share': ('counted.power_users', 'counted.classifiable_n'),
    'novice_share': ('counted.novices', 'counted.classifiable_n'),
    'low_share': ('counted.low_users', 'counted.classifiable_n'),
    'non_user_share': ('counted.non_users', 'counted.classifiable_n'),
    'adopted_share': ('counted.adopters', 'counted.eligible_n'),
    'adopted_share_launch': ('counted.launch_adopters', 'counted.launch_n'),
    'retention_share': ('pairs.retained', 'pairs.tracked_n'),
} -%}
{% set counts_of_people = {
    'retained': ('pairs.retained', 'pairs.tracked_n'),
    'lapsed': ('pairs.lapsed', 'pairs.tracked_n'),
    'reactivated': ('pairs.reactivated', 'pairs.eligible_n'),
    'new': ('pairs.new_people', 'pairs.eligible_n'),
} -%}
{% set estimates = {
    'time_to_adopt': ('times.median_days', 'times.median_low_days', 'times.median_high_days', 'times.time_n'),
    'adoption_growth': ('growth.slope', 'growth.ci_low', 'growth.ci_high', 'growth.at_risk_count'),
} -%}
{% set slugs = shares.keys() | list + counts_of_people.keys() | list + estimates.keys() | list -%}
with

counts as (

    select
        counted.unit_type,
        counted.unit,
        counted.period_start_date,
        counted.observable_count,
        counted.read_shown_count,
        counted.eligible_n,
        released.eligible_hidden,
        {% for slug, (successes, n) in shares.items() -%}
            coalesce({{ successes }}, 0) as {{ slug }}_successes,
            coalesce({{ n }}, 0) as {{ slug }}_n,
        {% endfor -%}
        {% for slug, (value, n) in counts_of_people.items() -%}
            {{ value }} as {{ slug }},
            coalesce({{ n }}, 0) as {{ slug }}_n,
        {% endfor -%}
        {% for slug, (value, low, high, n) in estimates.items() -%}
            {{ value }} as {{ slug }}_value,
            {{ low }} as {{ slug }}_low,
            {{ high }} as {{ slug }}_high,
            coalesce({{ n }}, 0) as {{ slug }}_n,
        {% endfor -%}
        growth.status as growth_status,
        case when counted.unit_type = 'organisation' then chasm.chasm_status end as chasm_status
    from {{ ref('agg_adoption_window') }} as counted
    inner join {{ ref('fct_unit_release') }} as released on {{ same_unit('counted', 'released') }}
    left join {{ ref('agg_retention') }} as pairs on {{ same_unit('counted', 'pairs') }}
    left join {{ ref('agg_time_to_adopt') }} as times on {{ same_unit('counted', 'times') }}
    left join {{ ref('stg_throughline__adoption_growth') }} as growth on {{ same_unit('counted', 'growth') }}
    left join {{ ref('agg_chasm') }} as chasm on counted.period_start_date = chasm.period_start_date

),

hidden as (

    select
        counts.*,
        {{ safe_divide('adopted_share_successes', 'adopted_share_n') }} as adopted,
        {% for slug in slugs -%}
            {{ hidden_reason(
                slug, within='period_start_date', is_part="unit_type = 'org_unit'", released='eligible_hidden',
                shown='read_shown_count' if slug == 'active_any_share'
            ) }}
            {%- if not loop.last %},{% endif %}
        {% endfor -%}
    from counts

)

select
    '_org' as purpose_id,
    unit_type,
    unit,
    period_start_date as period_start,
    'w28' as period_grain,
    {{ family_version('A') }} as metric_version,
    {% for count, column in [('observable_count', 'coverage'), ('read_shown_count', 'active_any_share_coverage')] -%}
        case
            when eligible_hidden is null or eligible_hidden = 'not_observable'
                then {{ safe_divide(count, 'eligible_n') }}
        end as {{ column }},
    {% endfor -%}
    {% for slug in shares -%}
        {{ share_columns(slug) }},
    {% endfor -%}
    {% for slug in counts_of_people -%}
        {{ value_columns(slug, of=slug) }},
    {% endfor -%}
    {{ estimate_columns('time_to_adopt', missing='not_yet') }},
    {{ estimate_columns('adoption_growth', missing='insufficient_n') }},
    case when adoption_growth_hidden is null then growth_status end as growth,
    case
        when adopted_share_hidden is not null or unit_type <> 'organisation' then null
        when adopted <= 0.025 then 'innovators'
        when adopted <= 0.16 then 'early_adopters'
        when adopted <= 0.5 then 'early_majority'
        when adopted <= 0.84 then 'late_majority'
        else 'laggards'
    end as rogers_stage,
    case when adopted_share_hidden is null and adopted_share_n >= 30 then chasm_status end as chasm_status,
    case when adopted_share_hidden is null and unit_type = 'organisation' then adopted_share_n end as rogers_stage_n,
    case when adopted_share_hidden is null and unit_type = 'organisation' then adopted_share_n end as chasm_status_n,
    case when unit_type = 'organisation' then adopted_share_hidden end as rogers_stage_suppressed_reason,
    case
        when unit_type = 'organisation' and adopted_share_hidden is not null then adopted_share_hidden
        when unit_type = 'organisation' and adopted_share_n < 30 then 'insufficient_n'
    end as chasm_status_suppressed_reason
from hidden
