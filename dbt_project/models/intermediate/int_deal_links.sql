-- One row per contribution x deal that it is tied to, with the rule that tied them. In this order: an explicit link
-- (deal, then account), the account's own space, the deal's owner. A contribution that a stronger rule ties to any deal
-- is not also guessed to be about others.
with

deals as (

    select
        deals.source,
        deals.deal_id,
        deals.account_id,
        deals.owner_person_key,
        deals.outcome,
        deals.created_at,
        durations.created_date,
        case when deals.outcome <> 'open' then durations.closed_date end as closed_date
    from {{ ref('int_deals') }} as deals
    inner join {{ ref('int_deal_durations') }} as durations
        on deals.source = durations.source and deals.deal_id = durations.deal_id
    where deals.outcome is not null and durations.duration_reject_reason is null

),

-- In a space that the account map gives to the deal's account, from 90 days before the deal until it closed.
in_spaces as (

    select
        interactions.interaction_id,
        deals.source,
        deals.deal_id,
        interactions.occurred_at,
        interactions.occurred_date
    from {{ ref('int_account_spaces') }} as spaces
    inner join {{ ref('int_interactions') }} as interactions
        on spaces.space_source = interactions.source and spaces.space_id = interactions.space_id
    inner join deals
        on
            spaces.account_source = deals.source
            and spaces.account_id = deals.account_id
            and interactions.occurred_date >= {{ add_days('deals.created_date', -90) }}
            and (interactions.occurred_date < deals.closed_date or deals.closed_date is null)
    where interactions.is_contribution and {{ touched('interactions.occurred_date') }}

),

-- By the owner, to a purpose, while this was the only deal that he had open: with two nobody knows which is meant.
by_owners as (

    select
        contributions.interaction_id,
        deals.source,
        deals.deal_id,
        contributions.occurred_at,
        contributions.occurred_date,
        count(*) over (partition by contributions.interaction_id) as deal_count
    from (
        select distinct interaction_id, person_key, occurred_at, occurred_date
        from {{ ref('int_purpose_links') }}
        where is_contribution and person_key is not null and {{ touched('occurred_date') }}
    ) as contributions
    inner join deals
        on
            contributions.person_key = deals.owner_person_key
            and contributions.occurred_at > deals.created_at
            and (contributions.occurred_date < deals.closed_date or deals.closed_date is null)

),

matches as (

    select
        interaction_id,
        source,
        deal_id,
        rule,
        1 as precedence,
        occurred_at,
        occurred_date
    from {{ ref('int_deal_mentions') }}
    where {{ touched('occurred_date') }}
    union all
    select interaction_id, source, deal_id, 'space', 2, occurred_at, occurred_date
    from in_spaces
    union all
    select interaction_id, source, deal_id, 'participant', 3, occurred_at, occurred_date
    from by_owners
    where deal_count = 1

),

ranked as (

    select
        matches.*,
        min(precedence) over (partition by interaction_id) as strongest
    from matches

)

select
    interaction_id,
    source,
    deal_id,
    rule,
    occurred_at,
    occurred_date
from ranked
where precedence = strongest
