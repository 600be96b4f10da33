with

people as (

    select
        people.*,
        reads.person_key is not null as is_read_shown,
        people.contribution_count > 0 or coalesce(reads.is_active, false) as is_active_any
    from {{ ref('fct_person_window') }} as people
    left join {{ ref('fct_person_reads') }} as reads
        on people.person_key = reads.person_key and people.period_end_date = reads.period_end_date

),

members as (

    {{ by_unit('people') }}

),

-- Those eligible at launch stay in the cohort, in the unit they had then, whoever joins, moves or leaves.
cohort as (

    select
        members.unit_type,
        members.unit,
        members.person_key,
        adoption.adoption_known_at
    from members
    left join {{ ref('fct_person_adoption') }} as adoption on members.person_key = adoption.person_key
    where members.period_start_date = (select min(period_start_date) from {{ ref('int_windows') }})

),

launch as (

    select
        cohort.unit_type,
        cohort.unit,
        windows.period_start_date,
        count(*) as launch_n,
        sum(case when cohort.adoption_known_at < windows.period_end_date then 1 else 0 end) as launch_adopters
    from cohort
    cross join {{ ref('int_windows') }} as windows
    group by cohort.unit_type, cohort.unit, windows.period_start_date

),

counted as (

    select
        unit_type,
        unit,
        period_start_date,
        count(*) as eligible_n,
        sum(case when is_observable then 1 else 0 end) as observable_count,
        sum(case when is_read_shown then 1 else 0 end) as read_shown_count,
        sum(case when is_active_any then 1 else 0 end) as active_any,
        sum(case when contribution_count > 0 then 1 else 0 end) as active_contributing,
        sum(case when tied_count > 0 then 1 else 0 end) as active_purposeful,
        sum(case when is_adopter then 1 else 0 end) as adopters,
        sum(case when is_classifiable then 1 else 0 end) as classifiable_n,
        sum(case when is_classifiable and active_weeks_12 >= 9 then 1 else 0 end) as habitual,
        sum(case when is_classifiable and active_weeks_4 = 4 then 1 else 0 end) as habitual_4of4,
        sum(
            case
                when is_classifiable and active_weeks_12 >= 9 and contributions_12 >= 15 * 12 then 1 else 0
            end
        ) as power_users,
        sum(case when is_classifiable and active_weeks_12 < 9 and contributions_12 >= 12 then 1 else 0 end)
            as novices,
        sum(
            case
                when
                    is_classifiable and active_weeks_12 < 9 and contributions_12 between 1 and 11
                    then 1
                else 0
            end
        ) as low_users,
        sum(case when is_classifiable and contributions_12 = 0 then 1 else 0 end) as non_users,
        sum(case when is_adopter and is_classifiable then 1 else 0 end) as adopters_classifiable,
        sum(case when is_adopter and is_classifiable and active_weeks_12 >= 9 then 1 else 0 end)
            as adopters_habitual
    from members
    group by unit_type, unit, period_start_date

)

select
    coalesce(counted.unit_type, launch.unit_type) as unit_type,
    coalesce(counted.unit, launch.unit) as unit,
    coalesce(counted.period_start_date, launch.period_start_date) as period_start_date,
    {% for column in [
        'eligible_n', 'observable_count', 'read_shown_count', 'active_any', 'active_contributing', 'active_purposeful',
        'adopters', 'classifiable_n', 'habitual', 'habitual_4of4', 'power_users', 'novices', 'low_users', 'non_users', 'adopters_classifiable', 'adopters_habitual',
    ] -%}
        cast(coalesce(counted.{{ column }}, 0) as bigint) as {{ column }},
    {% endfor -%}
    cast(coalesce(launch.launch_n, 0) as bigint) as launch_n,
    cast(coalesce(launch.launch_adopters, 0) as bigint) as launch_adopters
from counted
full outer join launch
    on
        counted.unit_type = launch.unit_type
        and counted.unit = launch.unit
        and counted.period_start_date = launch.period_start_date
