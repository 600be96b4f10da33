-- One row per CRM account x purpose (_org: any contribution) x local day with contributions in the account's spaces.
with

in_spaces as (

    select
        spaces.account_source,
        spaces.account_id,
        interactions.interaction_id,
        interactions.occurred_at,
        interactions.occurred_date
    from {{ ref('int_account_spaces') }} as spaces
    inner join {{ ref('int_interactions') }} as interactions
        on spaces.space_source = interactions.source and spaces.space_id = interactions.space_id
    where interactions.is_contribution and {{ touched('interactions.occurred_date') }}

),

contributions as (

    select '_org' as purpose_id, in_spaces.*
    from in_spaces
    union all
    select links.purpose_id, in_spaces.*
    from in_spaces
    inner join {{ ref('int_purpose_links') }} as links
        on in_spaces.interaction_id = links.interaction_id
    where links.is_contribution and {{ touched('links.occurred_date') }}

)

select
    account_source,
    account_id,
    purpose_id,
    occurred_date,
    min(occurred_at) as first_at,
    count(distinct interaction_id) as contribution_count
from contributions
group by account_source, account_id, purpose_id, occurred_date
