with

records as (

    {{ current_records(source('purposes', 'looks'), key=['purpose_id', 'content_hash', 'look_date']) }}

),

renamed as (

    select
        cast(purpose_id as string) as purpose_id,
        cast(content_hash as string) as content_hash,
        cast(look_date as date) as look_date,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
