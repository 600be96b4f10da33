with

records as (

    {{ shared_records('accounts', key=['account_id'], version='updated_at') }}

),

renamed as (

    select
        cast(source as string) as source,
        cast(account_id as string) as account_key,
        cast(email as string) as email_key,
        cast(is_bot as boolean) as is_bot,
        cast(is_deleted as boolean) as is_deleted,
        cast(is_guest as boolean) as is_guest,
        cast(time_zone as string) as time_zone,
        cast(updated_at as timestamp) as updated_at,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
