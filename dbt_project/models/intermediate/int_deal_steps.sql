-- One row per recorded step of a deal: a stage entered or, in Salesforce, any change of stage, amount or close date.
with

steps as (

    select
        'salesforce' as source,
        opportunity_id as deal_id,
        history_id as step_id,
        '' as pipeline,
        stage,
        amount,
        created_at as entered_at
    from {{ ref('stg_salesforce__opportunity_history') }}
    union all
    select
        source,
        deal_id,
        stage as step_id,
        coalesce(pipeline, '') as pipeline,
        stage,
        cast(null as decimal(18, 2)),
        entered_at
    from {{ ref('stg_crm__deal_stages') }}

)

select
    source,
    deal_id,
    step_id,
    pipeline,
    stage,
    amount,
    entered_at
from steps
