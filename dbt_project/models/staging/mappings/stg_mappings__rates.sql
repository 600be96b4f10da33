with

records as (

    {{ current_records(source('fx_rates', 'rates'), key=['month', 'currency', 'base_currency']) }}

),

renamed as (

    select
        cast(month || '-01' as date) as month_start,
        cast(currency as string) as currency,
        cast(base_currency as string) as base_currency,
        cast(rate as double) as rate,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
