with

mentions as (

    select
        'slack/' || team_id || '/' || channel_id || '/' || ts as interaction_id,
        'slack' as source,
        user_key as mentioned_key
    from {{ ref('stg_slack__mentions') }}
    union all
    select
        source || '/' || message_id as interaction_id,
        source,
        account_key as mentioned_key
    from {{ ref('stg_collaboration__mentions') }}

)

select
    interactions.interaction_id,
    interactions.source,
    interactions.space_id,
    interactions.actor_key,
    interactions.person_key,
    mentions.mentioned_key,
    accounts.person_key as mentioned_person_key,
    interactions.kind,
    interactions.occurred_at,
    interactions.occurred_date,
    interactions.is_contribution,
    interactions.is_guest,
    interactions.by_delegate,
    interactions.is_question,
    interactions.is_broadcast
from mentions
inner join {{ ref('int_interactions') }} as interactions on mentions.interaction_id = interactions.interaction_id
left join {{ ref('int_accounts') }} as accounts
    on mentions.source = accounts.source and mentions.mentioned_key = accounts.account_key
where mentions.mentioned_key <> interactions.actor_key
