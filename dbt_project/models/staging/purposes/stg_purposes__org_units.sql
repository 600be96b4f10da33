with

records as (

    {{ current_records(source('purposes', 'org_units'), key=['purpose_id', 'content_hash', 'org_unit']) }}

),

renamed as (

    select
        cast(purpose_id as string) as purpose_id,
        cast(content_hash as string) as content_hash,
        cast(org_unit as string) as org_unit,
        cast(is_drawn as boolean) as is_drawn,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
