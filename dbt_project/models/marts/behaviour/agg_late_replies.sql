with

late as (

    select distinct parent_id from {{ ref('int_late_replies') }}

),

posts as (

    select
        fct.person_key,
        fct.week_start_date
    from {{ ref('fct_response') }} as fct
    inner join late on fct.interaction_id = late.parent_id
    where fct.measure = 'reply' and not fct.is_responded and fct.followed_hours >= 72

),

units as (

    select
        people.org_unit,
        people.period_start_date,
        count(*) as late_count
    from posts
    inner join {{ ref('int_window_weeks') }} as weeks on posts.week_start_date = weeks.week_start_date
    inner join {{ ref('fct_person_window') }} as people
        on posts.person_key = people.person_key and weeks.period_start_date = people.period_start_date
    group by people.org_unit, people.period_start_date

)

select
    'org_unit' as unit_type,
    org_unit as unit,
    period_start_date,
    late_count
from units
union all
select
    'organisation' as unit_type,
    '_org' as unit,
    period_start_date,
    cast(sum(late_count) as bigint) as late_count
from units
group by period_start_date
