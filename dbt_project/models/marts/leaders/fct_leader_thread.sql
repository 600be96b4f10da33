with

voices as (

    {{ voices() }}

),

-- Whom a thread turns to: no export tells whose space it is, so only a mention does.
threads as (

    select distinct
        mentions.interaction_id,
        mentions.source,
        mentions.person_key as asker_key,
        mentions.mentioned_person_key as leader_key,
        mentions.occurred_at,
        mentions.occurred_date
    from {{ ref('int_mentions') }} as mentions
    inner join (select distinct person_key from {{ ref('fct_leader_cell') }}) as leaders
        on mentions.mentioned_person_key = leaders.person_key
    where mentions.kind = 'post' and mentions.is_contribution

),

answers as (

    select
        threads.interaction_id,
        threads.leader_key,
        voices.voice,
        min(replies.occurred_at) as answered_at
    from threads
    inner join {{ ref('int_interactions') }} as replies
        on threads.interaction_id = replies.parent_id and threads.leader_key = replies.person_key
    cross join voices
    where
        replies.kind = 'reply' and replies.is_contribution and replies.occurred_at >= threads.occurred_at
        and {{ is_heard('replies.by_delegate') }}
    group by threads.interaction_id, threads.leader_key, voices.voice

),

observed as (

    select
        source,
        max(observed_until) as observed_until
    from {{ ref('stg_throughline__files') }}
    where state <> 'quarantined'
    group by source

),

-- A thread without an answer is one without an answer yet: followed until its tool's last export.
spans as (

    select
        threads.*,
        voices.voice,
        answers.answered_at is not null as is_answered,
        {{ calendar_date('threads.occurred_at') }} as asked_date,
        coalesce(answers.answered_at, observed.observed_until) as until_at,
        {{ calendar_date('coalesce(answers.answered_at, observed.observed_until)') }} as until_date
    from threads
    cross join voices
    inner join observed on threads.source = observed.source
    left join answers
        on
            threads.interaction_id = answers.interaction_id
            and threads.leader_key = answers.leader_key
            and voices.voice = answers.voice

)

select
    spans.interaction_id,
    spans.asker_key,
    spans.leader_key,
    spans.voice,
    {{ week_start('spans.occurred_date') }} as week_start_date,
    spans.is_answered,
    {{ rounded(
        working_hours_at('spans.until_at', 'ended') ~ ' - ' ~ working_hours_at('spans.occurred_at', 'begun'), 4
    ) }} as working_hours
from spans
inner join {{ ref('int_calendar') }} as begun on spans.asked_date = begun.calendar_date
inner join {{ ref('int_calendar') }} as ended on spans.until_date = ended.calendar_date
where spans.until_at >= spans.occurred_at
