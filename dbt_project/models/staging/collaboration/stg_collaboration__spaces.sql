with

records as (

    {{ shared_records('spaces', key=['space_id']) }}

),

renamed as (

    select
        cast(source as string) as source,
        cast(space_id as string) as space_id,
        cast(name as string) as space_name,
        cast(kind as string) as kind,
        cast(created_at as timestamp) as created_at,
        cast(is_archived as boolean) as is_archived,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
