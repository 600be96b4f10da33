with

records as (

    {{ current_records(source('salesforce', 'opportunity_history'), key=['history_id']) }}

),

renamed as (

    select
        cast(history_id as string) as history_id,
        cast(opportunity_id as string) as opportunity_id,
        cast(created_by_id as string) as created_by_key,
        cast(created_at as timestamp) as created_at,
        cast(stage as string) as stage,
        cast(amount as decimal(18, 2)) as amount,
        cast(probability as double) as probability,
        cast(close_date as date) as close_date,
        cast(forecast_category as string) as forecast_category,
        cast(currency as string) as currency,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
