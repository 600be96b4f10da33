with

-- What people say: joins, topics, pins, deleted roots and other notices of the tool are no activity.
messages as (

    select
        'slack/' || messages.team_id || '/' || messages.channel_id as space_id,
        'slack/' || messages.team_id || '/' || messages.channel_id || '/' || messages.ts as interaction_id,
        messages.*,
        case when messages.thread_ts <> messages.ts then messages.thread_ts end as root_ts
    from {{ ref('stg_slack__messages') }} as messages
    where
        messages.subtype is null
        or messages.subtype in ('thread_broadcast', 'file_share', 'me_message', 'bot_message')

),

-- Equalities only: a further condition on one side would make this join a nested loop.
written as (

    select
        messages.interaction_id,
        messages.space_id,
        messages.user_key as actor_key,
        roots.user_key as target_key,
        messages.space_id || '/' || messages.root_ts as parent_id,
        roots.sent_at as parent_at,
        case when messages.root_ts is not null then 'reply' else 'post' end as kind,
        messages.sent_at as occurred_at,
        messages.is_bot,
        messages.is_question,
        messages.is_broadcast,
        messages.text_length,
        messages.mention_count,
        messages.file_count,
        messages.tags,
        messages.crm_links
    from messages
    left join {{ ref('stg_slack__messages') }} as roots
        on
            messages.team_id = roots.team_id
            and messages.channel_id = roots.channel_id
            and messages.root_ts = roots.ts

),

reactions as (

    select
        'slack/' || reactions.team_id || '/' || reactions.channel_id || '/' || reactions.ts
        || '/' || reactions.emoji || '/' || reactions.user_key as interaction_id,
        'slack/' || reactions.team_id || '/' || reactions.channel_id as space_id,
        reactions.user_key as actor_key,
        targets.user_key as target_key,
        'slack/' || reactions.team_id || '/' || reactions.channel_id || '/' || reactions.ts as parent_id,
        targets.sent_at as parent_at,
        'reaction' as kind,
        reactions.sent_at as occurred_at,
        false as is_bot,
        false as is_question,
        false as is_broadcast,
        cast(null as bigint) as text_length,
        cast(null as bigint) as mention_count,
        cast(null as bigint) as file_count,
        cast(null as string) as tags,
        cast(null as string) as crm_links
    from {{ ref('stg_slack__reactions') }} as reactions
    left join {{ ref('stg_slack__messages') }} as targets
        on
            reactions.team_id = targets.team_id
            and reactions.channel_id = targets.channel_id
            and reactions.ts = targets.ts

),

interactions as (

    select * from written
    union all
    select * from reactions

)

select
    interactions.interaction_id,
    'slack' as source,
    interactions.space_id,
    interactions.actor_key,
    interactions.target_key,
    interactions.parent_id,
    interactions.parent_at,
    interactions.kind,
    interactions.occurred_at,
    coalesce(interactions.is_bot, false) as is_bot,
    cast(null as boolean) as by_delegate,
    interactions.is_question,
    interactions.is_broadcast,
    interactions.text_length,
    interactions.mention_count,
    interactions.file_count,
    interactions.tags,
    interactions.crm_links
from interactions
