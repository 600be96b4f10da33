with

replies as (

    select
        interactions.person_key,
        targets.person_key as partner_key,
        interactions.occurred_date
    from {{ ref('int_interactions') }} as interactions
    inner join {{ ref('int_accounts') }} as targets
        on interactions.source = targets.source and interactions.target_key = targets.account_key
    where
        interactions.kind = 'reply'
        and interactions.is_contribution
        and not interactions.is_broadcast
        and {{ touched('interactions.occurred_date') }}

),

mentions as (

    select
        person_key,
        mentioned_person_key as partner_key,
        occurred_date
    from {{ ref('int_mentions') }}
    where is_contribution and not is_broadcast and {{ touched('occurred_date') }}

),

contacts as (

    select * from replies
    union all
    select * from mentions

)

select distinct
    person_key,
    partner_key,
    occurred_date
from contacts
where person_key <> partner_key
