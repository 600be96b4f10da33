with

records as (

    {{ current_records(source('purposes', 'spaces'), key=['purpose_id', 'content_hash', 'space']) }}

),

renamed as (

    select
        cast(purpose_id as string) as purpose_id,
        cast(content_hash as string) as content_hash,
        cast(space as string) as space,
        cast(space_source as string) as space_source,
        cast(pattern as string) as pattern,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
