with

records as (

    {{ current_records(source('salesforce', 'accounts'), key=['account_id'], version='modified_at') }}

),

renamed as (

    select
        cast(account_id as string) as account_id,
        cast(parent_id as string) as parent_id,
        cast(owner_id as string) as owner_key,
        cast(domain as string) as domain,
        cast(industry as string) as industry,
        cast(account_type as string) as account_type,
        cast(created_at as timestamp) as created_at,
        cast(modified_at as timestamp) as modified_at,
        cast(is_deleted as boolean) as is_deleted,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
