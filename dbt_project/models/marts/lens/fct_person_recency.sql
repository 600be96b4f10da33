with

days as (

    select
        person_key,
        {{ week_start('occurred_date') }} as week_start_date,
        max(occurred_date) as contribution_date,
        max(case when contribution_count > reaction_count then occurred_date end) as message_date,
        max(case when reaction_count > 0 then occurred_date end) as reaction_date,
        max(case when reply_count + reaction_count > 0 then occurred_date end) as response_date
    from {{ ref('fct_person_day') }}
    group by person_key, {{ week_start('occurred_date') }}

),

-- What was last seen at the end of an active week holds until the next one. A plain date, for an OR in the join's
-- condition would make it a nested loop.
running as (

    select
        person_key,
        week_start_date,
        coalesce(
            lead(week_start_date) over (partition by person_key order by week_start_date), cast('9999-12-31' as date)
        ) as until_date,
        {% for column in ['contribution_date', 'message_date', 'reaction_date', 'response_date'] -%}
            max({{ column }}) over (
                partition by person_key
                order by week_start_date
                rows between unbounded preceding and current row
            ) as last_{{ column }}{% if not loop.last %},{% endif %}
        {% endfor -%}
    from days

)

select
    windows.person_key,
    windows.period_start_date,
    windows.period_end_date,
    windows.is_observable,
    {% for kind in ['contribution', 'message', 'reaction', 'response'] -%}
        cast({{ days_between('running.last_' ~ kind ~ '_date', 'windows.period_end_date') }} as bigint)
            as {{ kind }}_age_days{% if not loop.last %},{% endif %}
    {% endfor -%}
from {{ ref('fct_person_window') }} as windows
left join running
    on
        windows.person_key = running.person_key
        and running.week_start_date < windows.period_end_date
        and running.until_date >= windows.period_end_date
