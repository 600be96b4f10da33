-- One row per deal that was not deleted in its CRM.
with

told as (

    select
        versions.*,
        row_number() over (
            partition by source, deal_id, case when amount is null then 0 else 1 end order by version_no
        ) as amount_no,
        row_number() over (
            partition by source, deal_id, case when coalesce(owner_key, owner_email_key) is null then 0 else 1 end
            order by version_no
        ) as owner_no
    from {{ ref('int_deal_versions') }} as versions

),

-- The first version that tells an amount, and the first that tells an owner: today's would be read into the past.
first_told as (

    select
        source,
        deal_id,
        max(case when amount_no = 1 then amount end) as amount,
        max(case when amount_no = 1 and amount is not null then origin end) as amount_origin,
        max(case when amount_no = 1 and amount is not null then valid_from_at end) as amount_from_at,
        max(case when amount_no = 1 and amount is not null then valid_until_at end) as amount_until_at,
        max(case when owner_no = 1 then owner_key end) as owner_key,
        max(case when owner_no = 1 then owner_email_key end) as owner_email_key,
        max(case when owner_no = 1 and coalesce(owner_key, owner_email_key) is not null then valid_from_at end)
            as owner_from_at
    from told
    group by source, deal_id

),

files as (

    select
        source,
        file_id,
        max(observed_until) as observed_until
    from {{ ref('stg_throughline__files') }}
    group by source, file_id

),

outcomes as (

    select
        deals.*,
        coalesce(deals.outcome, stages.outcome) as known_outcome
    from {{ ref('int_deal_records') }} as deals
    left join {{ ref('int_deal_stages') }} as stages
        on deals.source = stages.source and deals.pipeline = stages.pipeline and deals.stage = stages.stage

)

select
    outcomes.deal_id,
    outcomes.source,
    outcomes.account_id,
    first_told.owner_key,
    coalesce(owners.person_key, people.person_key) as owner_person_key,
    case
        when {{ local_date("first_told.owner_from_at") }} <= {{ local_date("outcomes.created_at") }} then 'creation'
        when first_told.owner_from_at is not null then 'first_known'
    end as owner_source,
    outcomes.created_at,
    case
        when outcomes.known_outcome in ('won', 'lost')
            then coalesce(closings.closed_at, outcomes.closed_at, {{ local_midnight("outcomes.close_date") }})
    end as closed_at,
    outcomes.known_outcome as outcome,
    outcomes.pipeline,
    outcomes.stage,
    outcomes.deal_type,
    outcomes.amount,
    first_told.amount as amount_created,
    case
        when first_told.amount_origin = 'history' then 'history'
        when first_told.amount_until_at is null
            and {{ local_date("first_told.amount_from_at") }} > {{ local_date("outcomes.created_at") }} then 'current'
        when first_told.amount is not null then 'snapshot'
    end as amount_created_source,
    outcomes.currency,
    case
        when outcomes.known_outcome not in ('won', 'lost') then null
        when closings.closed_at is not null then 'history'
        when outcomes.closed_at is not null then 'record'
        when outcomes.close_date is not null then 'close_date'
    end as close_source,
    coalesce(
        outcomes.close_date < {{ local_date("coalesce(closings.closed_at, outcomes.closed_at)") }}, false
    ) as is_backdated,
    files.observed_until
from outcomes
left join first_told
    on outcomes.source = first_told.source and outcomes.deal_id = first_told.deal_id
left join {{ ref('int_accounts') }} as owners
    on first_told.source = owners.source and first_told.owner_key = owners.account_key
left join {{ ref('int_people') }} as people
    on first_told.owner_email_key = people.person_key
left join {{ ref('int_deal_closings') }} as closings
    on outcomes.source = closings.source and outcomes.deal_id = closings.deal_id
left join files
    on outcomes.source = files.source and outcomes.file_id = files.file_id
