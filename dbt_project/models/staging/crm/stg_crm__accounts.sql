with

records as (

    {{ shared_records('crm_accounts', key=['account_id'], version='modified_at') }}

),

renamed as (

    select
        cast(source as string) as source,
        cast(account_id as string) as account_id,
        cast(domain as string) as domain,
        cast(industry as string) as industry,
        cast(created_at as timestamp) as created_at,
        cast(modified_at as timestamp) as modified_at,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
