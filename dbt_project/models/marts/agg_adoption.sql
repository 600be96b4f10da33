with

activity as (

    select
        person_key,
        week_start_date,
        min(week_start_date) over (partition by person_key) as first_week_date
    from {{ ref('fct_person_week') }}

),

windows as (

    select
        person_key,
        period_end_date,
        case when is_classifiable and active_weeks_12 >= 9 then 1 else 0 end as is_habitual,
        case when is_adopter and contribution_count = 0 then 1 else 0 end as is_lapsed
    from {{ ref('fct_person_window') }}

),

-- Of the roster on the week's last day.
people as (

    select
        coalesce(assignments.org_unit, '_none') as org_unit,
        assignments.person_key,
        weeks.week_start_date,
        weeks.week_end_date
    from {{ ref('int_assignments') }} as assignments
    inner join {{ ref('int_weeks') }} as weeks
        on
            assignments.valid_from_date < weeks.week_end_date
            and (assignments.valid_until_date is null or assignments.valid_until_date >= weeks.week_end_date)
    where not assignments.is_external

),

described as (

    select
        people.*,
        case when adoption.adopted_on < people.week_start_date then 0 else 1 end as is_at_risk,
        case when adoption.adopted_on = people.week_start_date then 1 else 0 end as is_new_adopter,
        case when activity.person_key is not null then 1 else 0 end as is_active,
        case when activity.first_week_date = people.week_start_date then 1 else 0 end as is_new_trial,
        windows.is_habitual,
        windows.is_lapsed
    from people
    left join {{ ref('fct_person_adoption') }} as adoption on people.person_key = adoption.person_key
    left join
        activity
        on people.person_key = activity.person_key and people.week_start_date = activity.week_start_date
    left join
        windows
        on people.person_key = windows.person_key and people.week_end_date = windows.period_end_date

),

members as (

    {{ by_unit('described') }}

),

observed as (

    select max(week_end_date) as observed_until_date from {{ ref('int_weeks') }}

)

select
    members.unit_type,
    members.unit,
    members.week_start_date,
    {{ add_days('members.week_start_date', 28) }} <= observed.observed_until_date as is_classifiable,
    count(*) as eligible_count,
    cast(sum(members.is_at_risk) as bigint) as at_risk_count,
    cast(sum(members.is_new_trial) as bigint) as trial_new_count,
    cast(sum(members.is_new_adopter) as bigint) as adopt_new_count,
    cast(sum(members.is_active) as bigint) as active_count,
    cast(sum(members.is_habitual) as bigint) as habit_count,
    cast(sum(members.is_lapsed) as bigint) as lapsed_count
from members
cross join observed
group by members.unit_type, members.unit, members.week_start_date, observed.observed_until_date
