with

records as (

    {{ current_records(source('salesforce', 'opportunities'), key=['opportunity_id'], version='modified_at') }}

),

renamed as (

    select
        cast(opportunity_id as string) as opportunity_id,
        cast(account_id as string) as account_id,
        cast(owner_id as string) as owner_key,
        cast(owner_email as string) as owner_email_key,
        cast(stage as string) as stage,
        cast(amount as decimal(18, 2)) as amount,
        cast(currency as string) as currency,
        cast(probability as double) as probability,
        cast(close_date as date) as close_date,
        cast(is_closed as boolean) as is_closed,
        cast(is_won as boolean) as is_won,
        cast(deal_type as string) as deal_type,
        cast(lead_source as string) as lead_source,
        cast(forecast_category as string) as forecast_category,
        cast(created_at as timestamp) as created_at,
        cast(modified_at as timestamp) as modified_at,
        cast(is_deleted as boolean) as is_deleted,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
