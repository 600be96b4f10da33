with

records as (

    {{ shared_records('owners', key=['owner_id']) }}

),

renamed as (

    select
        cast(source as string) as source,
        cast(owner_id as string) as owner_key,
        cast(email as string) as email_key,
        cast(is_active as boolean) as is_active,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
