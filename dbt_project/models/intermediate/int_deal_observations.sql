-- One row per moment at which an export or a stage history tells how a deal stood. What a row does not tell is NULL.
-- Every landed export is a snapshot: it shows a deal as it stood from its last change on, or, where the CRM keeps no
-- time of change, on the day of the export. A copy that many exports repeat is one row.
with

files as (

    select
        source,
        file_id,
        max(observed_until) as observed_until
    from {{ ref('stg_throughline__files') }}
    group by source, file_id

),

copies as (

    select
        'salesforce' as source, opportunity_id as deal_id, '' as pipeline, stage, amount, currency, owner_key,
        owner_email_key, created_at, modified_at, file_id
    from {{ ref('stg_salesforce__opportunity_copies') }}
    union all
    select
        source, deal_id, coalesce(pipeline, ''), stage, amount, currency, owner_key,
        owner_email_key, created_at, modified_at, file_id
    from {{ ref('stg_crm__deal_copies') }}

),

dated as (

    select
        copies.*,
        coalesce(copies.modified_at, files.observed_until, copies.created_at) as observed_at,
        files.observed_until
    from copies
    left join files
        on copies.source = files.source and copies.file_id = files.file_id

),

snapshots as (

    select
        source,
        deal_id,
        observed_at,
        'snapshot' as origin,
        pipeline,
        stage,
        amount,
        currency,
        owner_key,
        owner_email_key,
        max(observed_until) as observed_until,
        max(file_id) as tie_break
    from dated
    where observed_at is not null
    group by source, deal_id, observed_at, pipeline, stage, amount, currency, owner_key, owner_email_key

),

histories as (

    select
        source,
        deal_id,
        entered_at as observed_at,
        'history' as origin,
        pipeline,
        stage,
        amount,
        cast(null as string) as currency,
        cast(null as string) as owner_key,
        cast(null as string) as owner_email_key,
        cast(null as timestamp) as observed_until,
        step_id as tie_break
    from {{ ref('int_deal_steps') }}
    where entered_at is not null

),

observations as (

    select * from histories
    union all
    select * from snapshots

)

-- At one moment the export that saw more of the world has the last word, and any export has it over the history.
select
    source,
    deal_id,
    row_number() over (
        partition by source, deal_id
        order by
            observed_at, case when origin = 'history' then 0 else 1 end,
            case when observed_until is null then 0 else 1 end, observed_until, tie_break
    ) as observation_no,
    observed_at,
    origin,
    pipeline,
    stage,
    amount,
    currency,
    owner_key,
    owner_email_key
from observations
