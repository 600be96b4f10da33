with

firsts as (

    select
        person_key,
        min(week_start_date) as first_week_date
    from {{ ref('fct_person_week') }}
    group by person_key

),

-- Windows follow each other without a gap or an overlap: the one before ends where this one begins.
people as (

    select
        people.org_unit,
        people.period_start_date,
        earlier.person_key is not null and earlier.contribution_count > 0 as is_tracked,
        coalesce(activity.contribution_count, 0) > 0 as was_active,
        people.contribution_count > 0 as is_active,
        firsts.first_week_date >= people.period_start_date as is_first
    from {{ ref('fct_person_window') }} as people
    inner join {{ ref('int_windows') }} as windows on people.period_start_date = windows.period_start_date
    left join {{ ref('fct_person_window') }} as earlier
        on people.person_key = earlier.person_key and people.period_start_date = earlier.period_end_date
    left join {{ ref('fct_person_rolling') }} as activity
        on people.person_key = activity.person_key and people.period_start_date = activity.period_end_date
    left join firsts on people.person_key = firsts.person_key
    where windows.window_number > 4

),

members as (

    {{ by_unit('people') }}

)

select
    unit_type,
    unit,
    period_start_date,
    count(*) as eligible_n,
    cast(sum(case when is_tracked then 1 else 0 end) as bigint) as tracked_n,
    cast(sum(case when is_tracked and is_active then 1 else 0 end) as bigint) as retained,
    cast(sum(case when is_tracked and not is_active then 1 else 0 end) as bigint) as lapsed,
    cast(sum(case when is_active and not was_active and not is_first then 1 else 0 end) as bigint) as reactivated,
    cast(sum(case when is_active and is_first then 1 else 0 end) as bigint) as new_people
from members
group by unit_type, unit, period_start_date
