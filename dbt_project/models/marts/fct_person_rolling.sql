with

offsets as (

    select numbers.n
    from ({{ numbers() }}) as numbers
    where numbers.n < 12

),

-- Each week counts in the twelve spans of twelve weeks that hold it; four of these are also spans of four weeks.
spans as (

    select
        weeks.*,
        offsets.n as weeks_before_last,
        {{ add_days('weeks.week_start_date', '7 * cast(offsets.n as int) + 7') }} as period_end_date
    from {{ ref('fct_person_week') }} as weeks
    cross join offsets
    where {{ touched('weeks.week_start_date', -84, -7) }}

),

rolling as (

    select
        person_key,
        period_end_date,
        count(*) as active_weeks_12,
        sum(contribution_count) as contributions_12,
        {% for column in ['contribution', 'tied', 'active_day', 'tied_day'] -%}
            sum(case when weeks_before_last < 4 then {{ column }}_count else 0 end) as {{ column }}_count,
        {% endfor -%}
        sum(case when weeks_before_last < 4 then 1 else 0 end) as active_weeks_4
    from spans
    group by person_key, period_end_date

)

select
    rolling.person_key,
    rolling.period_end_date,
    {% for column in [
        'active_weeks_12', 'contributions_12', 'active_weeks_4', 'contribution_count', 'tied_count', 'active_day_count',
        'tied_day_count',
    ] -%}
        cast(rolling.{{ column }} as bigint) as {{ column }}{% if not loop.last %},{% endif %}
    {% endfor -%}
from rolling
inner join {{ ref('int_windows') }} as windows on rolling.period_end_date = windows.period_end_date
