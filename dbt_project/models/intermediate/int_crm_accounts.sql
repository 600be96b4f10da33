-- One row per account of any CRM that was not deleted there. Each CRM of a shape of its own has its lines here.
with

salesforce as (

    select
        'salesforce' as source,
        account_id,
        domain
    from {{ ref('stg_salesforce__accounts') }}
    where not coalesce(is_deleted, false)

),

others as (

    select
        source,
        account_id,
        domain
    from {{ ref('stg_crm__accounts') }}

)

select * from salesforce
union all
select * from others
