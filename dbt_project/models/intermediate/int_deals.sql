-- One row per deal that was not deleted in its CRM.
with

first_amounts as (

    select
        source,
        deal_id,
        amount
    from (
        select
            source,
            deal_id,
            amount,
            row_number() over (partition by source, deal_id order by entered_at, step_id) as step_number
        from {{ ref('int_deal_steps') }}
        where amount is not null
    ) as numbered
    where step_number = 1

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
    outcomes.owner_key,
    coalesce(owners.person_key, people.person_key) as owner_person_key,
    outcomes.created_at,
    case
        when outcomes.known_outcome in ('won', 'lost')
            then coalesce(closings.closed_at, outcomes.closed_at, {{ local_midnight("outcomes.close_date") }})
    end as closed_at,
    outcomes.known_outcome as outcome,
    outcomes.stage,
    outcomes.deal_type,
    outcomes.amount,
    case when first_amounts.deal_id is null then outcomes.amount else first_amounts.amount end as amount_created,
    case when first_amounts.deal_id is null then 'current' else 'history' end as amount_created_source,
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
left join {{ ref('int_accounts') }} as owners
    on outcomes.source = owners.source and outcomes.owner_key = owners.account_key
left join {{ ref('int_people') }} as people
    on outcomes.owner_email_key = people.person_key
left join first_amounts
    on outcomes.source = first_amounts.source and outcomes.deal_id = first_amounts.deal_id
left join {{ ref('int_deal_closings') }} as closings
    on outcomes.source = closings.source and outcomes.deal_id = closings.deal_id
left join files
    on outcomes.source = files.source and outcomes.file_id = files.file_id
