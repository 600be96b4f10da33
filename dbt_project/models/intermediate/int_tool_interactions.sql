-- One row per post, reply or reaction in a tool whose exports share one shape; what Slack's are in a model of its own.
with

-- Notices of the tool and removed messages are no activity.
known as (

    select
        source,
        message_id,
        account_key,
        sent_at
    from {{ ref('stg_collaboration__messages') }}
    where not coalesce(is_system, false)

),

written as (

    select
        messages.source,
        messages.message_id as interaction_id,
        messages.space_id,
        messages.account_key as actor_key,
        roots.account_key as target_key,
        messages.parent_id,
        roots.sent_at as parent_at,
        case when messages.parent_id <> messages.message_id then 'reply' else 'post' end as kind,
        messages.sent_at as occurred_at,
        messages.is_bot,
        messages.by_delegate,
        messages.is_question,
        messages.is_broadcast,
        messages.text_length,
        messages.mention_count,
        messages.file_count,
        messages.tags,
        messages.crm_links
    from {{ ref('stg_collaboration__messages') }} as messages
    left join known as roots
        on messages.source = roots.source and messages.parent_id = roots.message_id
    where not coalesce(messages.is_system, false) and not coalesce(messages.is_deleted, false)

),

reactions as (

    select
        reactions.source,
        reactions.message_id || '/' || reactions.emoji || '/' || reactions.account_key as interaction_id,
        reactions.space_id,
        reactions.account_key as actor_key,
        targets.account_key as target_key,
        reactions.message_id as parent_id,
        targets.sent_at as parent_at,
        'reaction' as kind,
        coalesce(reactions.reacted_at, targets.sent_at) as occurred_at,
        false as is_bot,
        cast(null as boolean) as by_delegate,
        false as is_question,
        false as is_broadcast,
        cast(null as bigint) as text_length,
        cast(null as bigint) as mention_count,
        cast(null as bigint) as file_count,
        cast(null as string) as tags,
        cast(null as string) as crm_links
    from {{ ref('stg_collaboration__reactions') }} as reactions
    left join known as targets
        on reactions.source = targets.source and reactions.message_id = targets.message_id

),

interactions as (

    select * from written
    union all
    select * from reactions
    where occurred_at is not null

)

select
    source || '/' || interaction_id as interaction_id,
    source,
    source || '/' || space_id as space_id,
    actor_key,
    target_key,
    source || '/' || parent_id as parent_id,
    parent_at,
    kind,
    occurred_at,
    coalesce(is_bot, false) as is_bot,
    by_delegate,
    coalesce(is_question, false) as is_question,
    coalesce(is_broadcast, false) as is_broadcast,
    text_length,
    mention_count,
    file_count,
    tags,
    crm_links
from interactions
