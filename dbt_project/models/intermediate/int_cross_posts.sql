-- One row per message that its author had said before, elsewhere and shortly before: the first one counts.
with

messages as (

    select
        'slack' as source,
        'slack/' || team_id || '/' || channel_id || '/' || ts as interaction_id,
        'slack/' || team_id || '/' || channel_id as space_id,
        user_key as actor_key,
        fingerprint_key,
        sent_at
    from {{ ref('stg_slack__messages') }}
    where
        fingerprint_key is not null and user_key is not null
        and {{ touched_at('sent_at', -1, 0) }}
    union all
    select
        source,
        source || '/' || message_id,
        source || '/' || space_id,
        account_key,
        fingerprint_key,
        sent_at
    from {{ ref('stg_collaboration__messages') }}
    where
        fingerprint_key is not null and account_key is not null
        and {{ touched_at('sent_at', -1, 0) }}

),

-- Few texts come twice: only they are worth the window below.
repeated as (

    select
        source,
        actor_key,
        fingerprint_key
    from messages
    group by source, actor_key, fingerprint_key
    having min(space_id) <> max(space_id)

),

neighbours as (

    select
        messages.interaction_id,
        messages.space_id,
        messages.sent_at,
        min(messages.space_id) over same_instant as first_space_of_instant,
        min(messages.space_id) over shortly_before as least_space_before,
        max(messages.space_id) over shortly_before as greatest_space_before
    from messages
    inner join repeated
        on
            messages.source = repeated.source
            and messages.actor_key = repeated.actor_key
            and messages.fingerprint_key = repeated.fingerprint_key
    window
        same_instant as (
            partition by messages.source, messages.actor_key, messages.fingerprint_key, messages.sent_at
        ),
        shortly_before as (
            partition by messages.source, messages.actor_key, messages.fingerprint_key
            order by messages.sent_at
            range between interval '{{ 60 * var("cross_post_minutes") }}' second preceding
            and interval '0.000001' second preceding
        )

)

select
    interaction_id,
    {{ local_date('sent_at') }} as occurred_date
from neighbours
where
    least_space_before <> space_id or greatest_space_before <> space_id or first_space_of_instant <> space_id
