with

copies as (

    select * from {{ source('salesforce', 'opportunities') }}

),

renamed as (

    select
        cast(opportunity_id as string) as opportunity_id,
        cast(owner_id as string) as owner_key,
        cast(owner_email as string) as owner_email_key,
        cast(stage as string) as stage,
        cast(amount as decimal(18, 2)) as amount,
        cast(currency as string) as currency,
        cast(created_at as timestamp) as created_at,
        cast(modified_at as timestamp) as modified_at,
        cast(file_id as string) as file_id
    from copies

)

select * from renamed
