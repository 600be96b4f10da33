-- One row per deal that was not deleted in its CRM.
with

deals as (

    select
        'salesforce' as source,
        opportunity_id as deal_id,
        account_id,
        owner_key,
        owner_email_key,
        stage,
        amount,
        currency,
        close_date,
        is_closed,
        is_won,
        deal_type,
        created_at,
        file_id
    from {{ ref('stg_salesforce__opportunities') }}
    where not coalesce(is_deleted, false)

),

history as (

    select 'salesforce' as source, history_id as step_id, opportunity_id as deal_id, amount, created_at as entered_at
    from {{ ref('stg_salesforce__opportunity_history') }}

),

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
        from history
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
        case
            when deals.is_closed and deals.is_won then 'won'
            when deals.is_closed then 'lost'
            when not deals.is_closed then 'open'
            else stages.outcome
        end as outcome
    from deals
    left join {{ ref('int_deal_stages') }} as stages
        on deals.source = stages.source and deals.stage = stages.stage

)

select
    outcomes.deal_id,
    outcomes.source,
    outcomes.account_id,
    outcomes.owner_key,
    coalesce(owners.person_key, people.person_key) as owner_person_key,
    outcomes.created_at,
    case
        when outcomes.outcome in ('won', 'lost')
            then coalesce(closings.closed_at, {{ local_midnight("outcomes.close_date") }})
    end as closed_at,
    outcomes.outcome,
    outcomes.stage,
    outcomes.deal_type,
    outcomes.amount,
    case when first_amounts.deal_id is null then outcomes.amount else first_amounts.amount end as amount_created,
    case when first_amounts.deal_id is null then 'current' else 'history' end as amount_created_source,
    outcomes.currency,
    case
        when outcomes.outcome not in ('won', 'lost') then null
        when closings.closed_at is not null then 'history'
        when outcomes.close_date is not null then 'close_date'
    end as close_source,
    coalesce(outcomes.close_date < {{ local_date("closings.closed_at") }}, false) as is_backdated,
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
