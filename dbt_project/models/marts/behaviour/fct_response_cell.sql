with

responses as (

    select
        people.org_unit,
        people.period_start_date,
        fct.week_start_date,
        fct.measure,
        fct.person_key,
        fct.t_hours,
        fct.is_responded,
        fct.followed_hours
    from {{ ref('fct_response') }} as fct
    inner join {{ ref('int_window_weeks') }} as weeks on fct.week_start_date = weeks.week_start_date
    inner join {{ ref('fct_person_window') }} as people
        on fct.person_key = people.person_key and weeks.period_start_date = people.period_start_date

)

select
    'org_unit' as unit_type,
    org_unit as unit,
    responses.*
from responses
union all
select
    'organisation' as unit_type,
    '_org' as unit,
    responses.*
from responses
