-- One row per person and assignment, of all rosters together: a roster speaks for a person from the first day on that
-- it tells of them, so a start that is told otherwise later is corrected, and what it no longer tells stays history.
with

pictures as (

    select
        roster.*,
        files.observed_until
    from {{ ref('stg_people__roster') }} as roster
    left join (
        select file_id, max(observed_until) as observed_until
        from {{ ref('stg_throughline__files') }}
        where source = 'people'
        group by file_id
    ) as files on roster.file_id = files.file_id

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
