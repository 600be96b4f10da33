-- One row per purpose x deal that its contributions link, however late: the first link after the deal was created.
with

links as (

    select
        purposes.purpose_id,
        deals.source,
        deals.deal_id,
        deals.occurred_at,
        deals.occurred_date
    from {{ ref('int_deal_links') }} as deals
    inner join {{ ref('int_purpose_links') }} as purposes
        on deals.interaction_id = purposes.interaction_id
    where deals.rule = 'deal' and purposes.is_contribution

)

select
    links.purpose_id,
    links.source,
    links.deal_id,
    min(case when links.occurred_at > deals.created_at then links.occurred_date end) as first_link_date
from links
inner join {{ ref('fct_deal') }} as deals
    on links.source = deals.source and links.deal_id = deals.deal_id
group by links.purpose_id, links.source, links.deal_id
