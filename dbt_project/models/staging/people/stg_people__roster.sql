with

records as (

    {{ current_records(source('people', 'roster'), key=['email', 'start_date']) }}

),

renamed as (

    select
        cast(email as string) as person_key,
        cast(org_unit as string) as org_unit,
        cast(manager_email as string) as manager_key,
        cast(level as bigint) as level,
        cast(is_leader as boolean) as is_leader,
        cast(leader_band as string) as leader_band,
        cast(start_date as date) as start_date,
        cast(end_date as date) as end_date,
        cast(time_zone as string) as time_zone,
        cast(is_external as boolean) as is_external,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
