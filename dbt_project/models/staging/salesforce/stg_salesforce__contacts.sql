with

records as (

    {{ current_records(source('salesforce', 'contacts'), key=['contact_id'], version='modified_at') }}

),

renamed as (

    select
        cast(contact_id as string) as contact_key,
        cast(account_id as string) as account_id,
        cast(email as string) as email_key,
        cast(created_at as timestamp) as created_at,
        cast(modified_at as timestamp) as modified_at,
        cast(is_deleted as boolean) as is_deleted,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
