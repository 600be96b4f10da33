-- One row per deal of any CRM that was not deleted there. Each CRM of a shape of its own has its lines here.
with

salesforce as (

    select
        'salesforce' as source,
        opportunity_id as deal_id,
        account_id,
        owner_key,
        owner_email_key,
        '' as pipeline,
        stage,
        amount,
        currency,
        close_date,
        cast(null as timestamp) as closed_at,
        case
            when is_closed and is_won then 'won'
            when is_closed then 'lost'
            when not is_closed then 'open'
        end as outcome,
        deal_type,
        created_at,
        file_id
    from {{ ref('stg_salesforce__opportunities') }}
    where not coalesce(is_deleted, false)

),

others as (

    select
        source,
        deal_id,
        account_id,
        owner_key,
        owner_email_key,
        coalesce(pipeline, '') as pipeline,
        stage,
        amount,
        currency,
        close_date,
        closed_at,
        outcome,
        deal_type,
        created_at,
        file_id
    from {{ ref('stg_crm__deals') }}
    where not coalesce(is_deleted, false)

)

select * from salesforce
union all
select * from others
