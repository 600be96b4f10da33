with

records as (

    {{ current_records(source('salesforce', 'users'), key=['user_id'], version='modified_at') }}

),

renamed as (

    select
        cast(user_id as string) as user_key,
        cast(email as string) as email_key,
        cast(username as string) as username_key,
        cast(is_active as boolean) as is_active,
        cast(user_type as string) as user_type,
        cast(manager_id as string) as manager_key,
        cast(role_id as string) as role_id,
        cast(modified_at as timestamp) as modified_at,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
