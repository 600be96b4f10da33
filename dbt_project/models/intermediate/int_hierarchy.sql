with

latest as (

    select
        person_key,
        manager_key
    from (
        select
            person_key,
            case when manager_key <> person_key then manager_key end as manager_key,
            row_number() over (partition by person_key order by start_date desc) as assignment_from_last
        from {{ ref('int_roster') }}
    ) as assignments
    where assignment_from_last = 1

),

reports as (

    select
        manager_key,
        count(*) as report_count
    from latest
    where manager_key is not null
    group by manager_key

)

-- A manager whom the roster does not list is the top as far as we know. Depth 3 stands for 3 or more.
select
    people.person_key,
    people.manager_key,
    cast(
        case
            when people.manager_key is null then 0
            when managers.manager_key is null then 1
            when seniors.manager_key is null then 2
            else 3
        end as bigint
    ) as depth,
    coalesce(reports.report_count, 0) as report_count
from latest as people
left join latest as managers on people.manager_key = managers.person_key
left join latest as seniors on managers.manager_key = seniors.person_key
left join reports on people.person_key = reports.manager_key
