with

interactions as (

    select * from {{ ref('int_slack_interactions') }}
    where {{ touched_at('occurred_at') }}
    union all
    select * from {{ ref('int_tool_interactions') }}
    where {{ touched_at('occurred_at') }}

),

described as (

    select
        interactions.*,
        accounts.person_key,
        spaces.is_open,
        interactions.actor_key is not null
        and not interactions.is_bot
        and coalesce(accounts.account_kind, 'human') <> 'bot' as is_human,
        coalesce(accounts.account_kind = 'guest', false) as is_guest,
        cross_posts.interaction_id is not null as is_cross_post
    from interactions
    left join {{ ref('int_spaces') }} as spaces
        on interactions.source = spaces.source and interactions.space_id = spaces.space_id
    left join {{ ref('int_accounts') }} as accounts
        on interactions.source = accounts.source and interactions.actor_key = accounts.account_key
    left join {{ ref('int_cross_posts') }} as cross_posts
        on interactions.interaction_id = cross_posts.interaction_id
    where not coalesce(spaces.is_direct, false)

)

select
    interaction_id,
    source,
    space_id,
    actor_key,
    person_key,
    target_key,
    parent_id,
    parent_at,
    kind,
    occurred_at,
    {{ local_date('occurred_at') }} as occurred_date,
    is_human,
    is_guest,
    by_delegate,
    is_question,
    is_broadcast or coalesce(mention_count, 0) > {{ var("broadcast_max") }} as is_broadcast,
    is_cross_post,
    is_human and not is_cross_post as is_contribution,
    coalesce(is_open, false) as is_open,
    text_length,
    mention_count,
    file_count,
    tags,
    crm_links
from described
