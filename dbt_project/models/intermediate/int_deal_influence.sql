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

contributions as (

    select '_org' as purpose_id, interaction_id, source, space_id, occurred_at, occurred_date
    from {{ ref('int_interactions') }}
    where is_contribution
    union all
    select links.purpose_id, interactions.interaction_id, interactions.source, interactions.space_id,
        interactions.occurred_at, interactions.occurred_date
    from {{ ref('int_purpose_links') }} as links
    inner join {{ ref('int_interactions') }} as interactions
        on links.interaction_id = interactions.interaction_id
    where links.is_contribution

),

explicit as (

    select
        deals.source,
        deals.deal_id,
        contributions.purpose_id,
        max(case
            when contributions.occurred_at < deals.created_at
                and contributions.occurred_at >= {{ dbt.dateadd('day', -90, 'deals.created_at') }} then 1 else 0
        end) as is_sourced,
        max(case
            when contributions.occurred_at >= deals.created_at
                and (contributions.occurred_at < deals.closed_at or deals.outcome = 'open') then 1 else 0
        end) as is_assisted
    from {{ ref('int_deal_mentions') }} as mentions
    inner join deals
        on mentions.source = deals.source and mentions.deal_id = deals.deal_id
    inner join contributions
        on mentions.interaction_id = contributions.interaction_id
    group by deals.source, deals.deal_id, contributions.purpose_id

),

days_in_spaces as (

    select
        spaces.account_source,
        spaces.account_id,
        contributions.purpose_id,
        contributions.occurred_date,
        min(contributions.occurred_at) as first_at,
        count(distinct contributions.interaction_id) as contribution_count
    from {{ ref('int_account_spaces') }} as spaces
    inner join contributions
        on spaces.space_source = contributions.source and spaces.space_id = contributions.space_id
    group by spaces.account_source, spaces.account_id, contributions.purpose_id, contributions.occurred_date

),

suspected as (

    select
        deals.source,
        deals.deal_id,
        days.purpose_id
    from deals
    inner join days_in_spaces as days
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
