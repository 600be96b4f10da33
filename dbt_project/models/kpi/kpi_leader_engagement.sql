{% set shares = ['active_leader_share', 'purposeful_leader_share', 'engaged_leader_share', 'engaged_reach'] -%}
{% set days = ['posting_days', 'posting_days_p25', 'posting_days_p75'] -%}
{% set ratios = ['two_way_ratio', 'skip_level_share', 'delegate_share'] -%}
with

shown as (

    select
        unit_type,
        unit,
        period_start_date,
        voice,
        case
            when posting_days_hidden is null or posting_days_hidden = 'not_observable'
                then {{ safe_divide('observable_count', 'leaders_n') }}
        end as coverage,
        {% for slug in shares -%}
            {{ share_columns(slug, min_n=0, min_each=0) }},
        {% endfor -%}
        {% for slug in days -%}
            {{ value_columns(slug, of='posting_days') }},
        {% endfor -%}
        {% for slug in ratios -%}
            {{ ratio_columns(slug) }},
        {% endfor -%}
        {{ estimate_columns('leader_reply_rate', missing='not_yet') }}
    from {{ ref('fct_leader_release') }}

)

select
    '_org' as purpose_id,
    own.unit_type,
    own.unit,
    own.period_start_date as period_start,
    'w28' as period_grain,
    {{ family_version('L') }} as metric_version,
    own.coverage,
    {% for voice, suffix in [('own', ''), ('named', '_incl_delegate')] -%}
        {% for slug in shares + ['two_way_ratio', 'skip_level_share', 'leader_reply_rate'] -%}
            {% for part in ['', '_ci_low', '_ci_high', '_n', '_suppressed_reason'] -%}
                {{ voice }}.{{ slug }}{{ part }} as {{ slug ~ suffix ~ part }},
            {% endfor -%}
        {% endfor -%}
        {% for slug in days -%}
            {% for part in ['', '_n', '_suppressed_reason'] -%}
                {{ voice }}.{{ slug }}{{ part }} as {{ slug ~ suffix ~ part }},
            {% endfor -%}
        {% endfor -%}
        cast(null as double) as seen_reach{{ suffix }},
        cast(null as double) as seen_reach{{ suffix }}_ci_low,
        cast(null as double) as seen_reach{{ suffix }}_ci_high,
        cast(null as bigint) as seen_reach{{ suffix }}_n,
        'not_observable' as seen_reach{{ suffix }}_suppressed_reason,
    {% endfor -%}
    {% for part in ['', '_ci_low', '_ci_high', '_n', '_suppressed_reason'] -%}
        named.delegate_share{{ part }}{% if not loop.last %},{% endif %}
    {% endfor -%}
from shown as own
inner join shown as named on {{ same_unit('own', 'named') }}
where own.voice = 'own' and named.voice = 'incl_delegate'
