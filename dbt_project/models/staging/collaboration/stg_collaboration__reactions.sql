with

records as (

    {{ shared_records('reactions', key=['message_id', 'emoji', 'account_id']) }}

),

renamed as (

    select
        cast(source as string) as source,
        cast(message_id as string) as message_id,
        cast(emoji as string) as emoji,
        cast(account_id as string) as account_key,
        cast(space_id as string) as space_id,
        cast(reacted_at as timestamp) as reacted_at,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
