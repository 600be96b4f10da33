with

records as (

    {{ shared_records('mentions', key=['message_id', 'account_id']) }}

),

renamed as (

    select
        cast(source as string) as source,
        cast(message_id as string) as message_id,
        cast(account_id as string) as account_key,
        cast(space_id as string) as space_id,
        cast(sent_at as timestamp) as sent_at,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
