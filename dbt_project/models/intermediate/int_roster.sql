-- One row per person and assignment, of all rosters together: a roster speaks for a person from the first day on that
-- it tells of them, so a start that is told otherwise later is corrected, and what it no longer tells stays history.
with

named as (

    select
        coalesce(aliases.person_key, roster.person_key) as person_key,
        coalesce(manager_aliases.person_key, roster.manager_key) as manager_key,
        case when aliases.person_key is not null then 1 else 0 end as is_alias,
        roster.org_unit,
        roster.level,
        roster.is_leader,
        roster.leader_band,
        roster.start_date,
        roster.end_date,
        roster.time_zone,
        roster.is_external,
        files.observed_until
    from {{ ref('stg_people__roster') }} as roster
    left join {{ ref('int_aliases') }} as aliases on roster.person_key = aliases.address_key
    left join {{ ref('int_aliases') }} as manager_aliases on roster.manager_key = manager_aliases.address_key
    left join (
        select file_id, max(observed_until) as observed_until
        from {{ ref('stg_throughline__files') }}
        where source = 'people'
        group by file_id
    ) as files on roster.file_id = files.file_id

),

-- Who is listed under two addresses counts once, by the newest roster, and in it by the own address.
numbered as (

    select
        named.*,
        row_number() over (
            partition by person_key, start_date
            order by coalesce(observed_until, cast('1970-01-01' as timestamp)) desc, is_alias, org_unit
        ) as place
    from named

),

pictures as (

    select * from numbered where place = 1

),

-- The rows of a roster that a later one repeats are the later one's.
spoken as (

    select
        person_key,
        observed_until,
        min(start_date) as first_date
    from pictures
    group by person_key, observed_until

),

corrected as (

    select distinct
        pictures.person_key,
        pictures.start_date
    from pictures
    inner join spoken on pictures.person_key = spoken.person_key
    where spoken.observed_until > pictures.observed_until and spoken.first_date <= pictures.start_date

)

select
    pictures.person_key,
    pictures.org_unit,
    pictures.manager_key,
    pictures.level,
    pictures.is_leader,
    pictures.leader_band,
    pictures.start_date,
    pictures.end_date,
    pictures.time_zone,
    pictures.is_external
from pictures
left join corrected
    on pictures.person_key = corrected.person_key and pictures.start_date = corrected.start_date
where corrected.person_key is null
