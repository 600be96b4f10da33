-- One row per deal x purpose (_org: any contribution) with which at least one definition of influence associates it.
-- What it is: an association in time, under three definitions side by side. It says nothing about what moved the deal.
with

deals as (

    select
        source,
        deal_id,
        account_id,
        outcome,
        created_at,
        closed_at,
        case when outcome <> 'open' then closed_date end as closed_date
    from {{ ref('fct_deal') }}
    where outcome is not null

),

mentions as (

    select '_org' as purpose_id, mentions.source, mentions.deal_id, mentions.occurred_at
    from {{ ref('int_deal_mentions') }} as mentions
    union all
    select links.purpose_id, mentions.source, mentions.deal_id, mentions.occurred_at
    from {{ ref('int_deal_mentions') }} as mentions
    inner join {{ ref('int_purpose_links') }} as links
        on mentions.interaction_id = links.interaction_id
    where links.is_contribution

),

explicit as (

    select
        deals.source,
        deals.deal_id,
        mentions.purpose_id,
        max(case
            when mentions.occurred_at < deals.created_at
                and mentions.occurred_at >= {{ dbt.dateadd('day', -90, 'deals.created_at') }} then 1 else 0
        end) as is_sourced,
        max(case
            when mentions.occurred_at >= deals.created_at
                and (mentions.occurred_at < deals.closed_at or deals.outcome = 'open') then 1 else 0
        end) as is_assisted
    from mentions
    inner join deals
        on mentions.source = deals.source and mentions.deal_id = deals.deal_id
    group by deals.source, deals.deal_id, mentions.purpose_id

),

suspected as (

    select
        deals.source,
        deals.deal_id,
        days.purpose_id
    from deals
    inner join {{ ref('int_account_days') }} as days
        on
            deals.source = days.account_source
            and deals.account_id = days.account_id
            and (days.occurred_date < deals.closed_date or deals.closed_date is null)
    group by deals.source, deals.deal_id, deals.created_at, days.purpose_id
    having sum(days.contribution_count) >= 5 and min(days.first_at) < deals.created_at

),

flags as (

    select source, deal_id, purpose_id, is_sourced, is_assisted, 0 as is_suspected
    from explicit
    where is_sourced + is_assisted > 0
    union all
    select source, deal_id, purpose_id, 0, 0, 1
    from suspected

)

select
    source,
    deal_id,
    purpose_id,
    max(is_sourced) = 1 as is_sourced,
    max(is_assisted) = 1 as is_assisted,
    max(is_suspected) = 1 as is_suspected
from flags
group by source, deal_id, purpose_id
