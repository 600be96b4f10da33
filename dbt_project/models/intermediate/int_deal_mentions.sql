-- One row per contribution x deal that it links to. A message may hold the deal's own id, or that of its account.
with

interactions as (

    select
        interaction_id,
        occurred_at,
        occurred_date,
        crm_links,
        length(crm_links) - length(replace(crm_links, ' ', '')) + 1 as link_count
    from {{ ref('int_interactions') }}
    where is_contribution and crm_links <> '' and {{ touched('occurred_date') }}

),

positions as (

    select n + 1 as position
    from ({{ numbers() }}) as numbers
    where n < 100

),

-- A CRM id has 15 characters, case counts; the 18-character form adds three that only check the case.
links as (

    select distinct
        interactions.interaction_id,
        interactions.occurred_at,
        interactions.occurred_date,
        substring(split_part(interactions.crm_links, ' ', cast(positions.position as int)), 1, 15) as crm_id
    from interactions
    inner join positions on interactions.link_count >= positions.position

),

deals as (

    select
        source,
        deal_id,
        substring(deal_id, 1, 15) as deal_crm_id,
        substring(account_id, 1, 15) as account_crm_id
    from {{ ref('int_deals') }}

),

matches as (

    select links.interaction_id, links.occurred_at, links.occurred_date, deals.source, deals.deal_id, 1 as precedence
    from links
    inner join deals on links.crm_id = deals.deal_crm_id
    union all
    select links.interaction_id, links.occurred_at, links.occurred_date, deals.source, deals.deal_id, 2 as precedence
    from links
    inner join deals on links.crm_id = deals.account_crm_id

)

select
    interaction_id,
    source,
    deal_id,
    case when min(precedence) = 1 then 'deal' else 'account' end as rule,
    max(occurred_at) as occurred_at,
    max(occurred_date) as occurred_date
from matches
group by interaction_id, source, deal_id
