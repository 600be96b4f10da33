with

records as (

    {{ shared_records('deals', key=['deal_id'], version='modified_at') }}

),

renamed as (

    select
        cast(source as string) as source,
        cast(deal_id as string) as deal_id,
        cast(account_id as string) as account_id,
        cast(owner_id as string) as owner_key,
        cast(owner_email as string) as owner_email_key,
        cast(pipeline as string) as pipeline,
        cast(stage as string) as stage,
        cast(outcome as string) as outcome,
        cast(amount as decimal(18, 2)) as amount,
        cast(currency as string) as currency,
        cast(probability as double) as probability,
        cast(close_date as date) as close_date,
        cast(closed_at as timestamp) as closed_at,
        cast(created_at as timestamp) as created_at,
        cast(modified_at as timestamp) as modified_at,
        cast(deal_type as string) as deal_type,
        cast(is_deleted as boolean) as is_deleted,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
