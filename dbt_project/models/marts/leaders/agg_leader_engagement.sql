{#- Sums over leaders for the delta method: squares and products of the counts x and y. -#}
{% set ratios = {
    'two_way': ('reply_count', 'written_count'),
    'skip_level': ('skip_level_count', 'contact_count'),
    'delegate': ('delegate_count', 'marked_count'),
} -%}
with

voices as (

    {{ voices() }}

),

leaders as (

    select
        cells.*,
        voices.voice,
        {% for column in [
            'active_weeks_12', 'written_12', 'replies_12', 'written_count', 'reply_count', 'written_open_count',
            'written_tied_count', 'posting_day_count', 'marked_count', 'delegate_count',
        ] -%}
            coalesce(activity.{{ column }}, 0) as {{ column }},
        {% endfor -%}
        coalesce(contacts.contact_count, 0) as contact_count,
        coalesce(contacts.skip_level_count, 0) as skip_level_count
    from {{ ref('fct_leader_cell') }} as cells
    cross join voices
    left join {{ ref('fct_leader_window') }} as activity
        on
            cells.person_key = activity.person_key
            and cells.period_end_date = activity.period_end_date
            and voices.voice = activity.voice
    left join {{ ref('fct_leader_contact') }} as contacts
        on
            cells.person_key = contacts.person_key
            and cells.period_end_date = contacts.period_end_date
            and voices.voice = contacts.voice

),

described as (

    select
        leaders.*,
        is_classifiable and active_weeks_12 >= {{ var('engaged_weeks_min') }} and written_12 >= 10
        and replies_12 >= {{ var('engaged_two_way_min') }} * written_12 as is_engaged
    from leaders

)

select
    unit_type,
    unit,
    parent,
    period_start_date,
    voice,
    count(*) as leaders_n,
    cast(sum(case when is_observable then 1 else 0 end) as bigint) as observable_count,
    cast(sum(case when written_open_count > 0 then 1 else 0 end) as bigint) as active_leaders,
    cast(sum(case when written_tied_count > 0 then 1 else 0 end) as bigint) as purposeful_leaders,
    cast(sum(case when is_classifiable then 1 else 0 end) as bigint) as classifiable_n,
    cast(sum(case when is_engaged then 1 else 0 end) as bigint) as engaged_leaders,
    {{ percentile('posting_day_count', 0.25) }} as posting_days_p25,
    {{ percentile('posting_day_count', 0.5) }} as posting_days,
    {{ percentile('posting_day_count', 0.75) }} as posting_days_p75,
    {% for name, (x, y) in ratios.items() -%}
        cast(sum(case when {{ y }} > 0 then 1 else 0 end) as bigint) as {{ name }}_n,
        cast(sum({{ x }}) as bigint) as {{ name }}_x,
        cast(sum({{ y }}) as bigint) as {{ name }}_y,
        cast(sum({{ x }} * {{ x }}) as bigint) as {{ name }}_xx,
        cast(sum({{ x }} * {{ y }}) as bigint) as {{ name }}_xy,
        cast(sum({{ y }} * {{ y }}) as bigint) as {{ name }}_yy{% if not loop.last %},{% endif %}
    {% endfor -%}
from described
group by unit_type, unit, parent, period_start_date, voice
