with

roster as (

    select
        stg.*,
        coalesce(stg.is_leader, false) or stg.leader_band is not null as is_flagged
    from {{ ref('int_roster') }} as stg

),

-- Only where the roster names no leader at all does the hierarchy tell who they are: depth 2 or less, with reports.
hierarchy as (

    select
        person_key,
        depth
    from {{ ref('int_hierarchy') }}
    where
        depth <= 2 and report_count > 0
        and not exists (
            select 1 from roster
            where roster.is_flagged
        )

),

following as (

    select
        roster.*,
        lead(roster.start_date)
            over (partition by roster.person_key order by roster.start_date)
            as next_start_date,
        {{ add_days('roster.end_date', 1) }} as ended_date,
        hierarchy.depth
    from roster
    left join hierarchy on roster.person_key = hierarchy.person_key

),

-- An assignment ends where it says so, or where the person's next one begins.
assignments as (

    select
        person_key,
        org_unit,
        manager_key,
        level,
        is_flagged or depth is not null as is_leader,
        case
            when leader_band is not null then leader_band
            when is_flagged then 'leader'
            when depth is not null then 'depth_' || cast(depth as string)
        end as leader_band,
        coalesce(is_external, false) as is_external,
        start_date as valid_from_date,
        case
            when
                next_start_date is not null and (ended_date is null or next_start_date < ended_date)
                then next_start_date
            else ended_date
        end as valid_until_date
    from following

)

select * from assignments
where valid_until_date is null or valid_until_date > valid_from_date
