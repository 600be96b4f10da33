-- One row per deal that was not deleted in its CRM.
with

-- The first version that tells an amount, and the first that tells an owner: today's would be read into the past.
first_amounts as (

    select
        source,
        deal_id,
        amount,
        origin,
        valid_from_at,
        valid_until_at,
        row_number() over (partition by source, deal_id order by version_no) as told_no
    from {{ ref('int_deal_versions') }}
    where amount is not null

),

first_owners as (

    select
        source,
        deal_id,
        owner_key,
        owner_email_key,
        valid_from_at,
        row_number() over (partition by source, deal_id order by version_no) as told_no
    from {{ ref('int_deal_versions') }}
    where coalesce(owner_key, owner_email_key) is not null

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
    first_owners.owner_key,
    coalesce(owners.person_key, people.person_key) as owner_person_key,
    case
        when {{ local_date("first_owners.valid_from_at") }} <= {{ local_date("outcomes.created_at") }} then 'creation'
        when first_owners.source is not null then 'first_known'
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
    first_amounts.amount as amount_created,
    case
        when first_amounts.source is null then null
        when first_amounts.origin = 'history' then 'history'
        when first_amounts.valid_until_at is null
            and {{ local_date("first_amounts.valid_from_at") }} > {{ local_date("outcomes.created_at") }} then 'current'
        else 'snapshot'
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
left join first_owners
    on
        outcomes.source = first_owners.source
        and outcomes.deal_id = first_owners.deal_id
        and first_owners.told_no = 1
left join {{ ref('int_accounts') }} as owners
    on first_owners.source = owners.source and first_owners.owner_key = owners.account_key
left join {{ ref('int_people') }} as people
    on first_owners.owner_email_key = people.person_key
left join first_amounts
    on
        outcomes.source = first_amounts.source
        and outcomes.deal_id = first_amounts.deal_id
        and first_amounts.told_no = 1
left join {{ ref('int_deal_closings') }} as closings
    on outcomes.source = closings.source and outcomes.deal_id = closings.deal_id
left join files
    on outcomes.source = files.source and outcomes.file_id = files.file_id
