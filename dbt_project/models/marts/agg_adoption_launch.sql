with

launch as (

    select min(period_start_date) as period_start_date from {{ ref('int_windows') }}

),

cohort as (

    select
        people.person_key,
        people.is_observable,
        adoption.adopted_on
    from {{ ref('fct_person_window') }} as people
    inner join launch on people.period_start_date = launch.period_start_date
    left join {{ ref('fct_person_adoption') }} as adoption on people.person_key = adoption.person_key

),

observed as (

    select max(week_end_date) as observed_until_date from {{ ref('int_weeks') }}

)

select
    weeks.week_start_date,
    weeks.week_number,
    count(*) as launch_n,
    cast(sum(case when cohort.is_observable then 1 else 0 end) as bigint) as observable_count,
    cast(sum(case when cohort.adopted_on = weeks.week_start_date then 1 else 0 end) as bigint) as adopt_new_count
from {{ ref('int_weeks') }} as weeks
cross join cohort
cross join observed
where {{ add_days('weeks.week_start_date', 28) }} <= observed.observed_until_date
group by weeks.week_start_date, weeks.week_number
