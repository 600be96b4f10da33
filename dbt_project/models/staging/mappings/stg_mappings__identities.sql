with

records as (

    {{ current_records(source('identity_map', 'identities'), key=['tool', 'tool_user_id']) }}

),

renamed as (

    select
        cast(tool as string) as source,
        cast(tool_user_id as string) as account_key,
        cast(email as string) as email_key,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
