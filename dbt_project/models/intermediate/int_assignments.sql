with

roster as (

    select * from {{ ref('stg_people__roster') }}

),

following as (

    select
        roster.*,
        lead(start_date) over (partition by person_key order by start_date) as next_start_date,
        {{ add_days('end_date', 1) }} as ended_date
    from roster

),

-- An assignment ends where it says so, or where the person's next one begins.
assignments as (

    select
        person_key,
        org_unit,
        manager_key,
        level,
        coalesce(is_leader, false) or leader_band is not null as is_leader,
        case
            when leader_band is not null then leader_band
            when is_leader then 'leader'
        end as leader_band,
        coalesce(is_external, false) as is_external,
        start_date as valid_from_date,
        case
            when next_start_date is not null and (ended_date is null or next_start_date < ended_date) then next_start_date
            else ended_date
        end as valid_until_date
    from following

)

select * from assignments
where valid_until_date is null or valid_until_date > valid_from_date
