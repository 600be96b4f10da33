with

leaders as (

    select distinct person_key from {{ ref('fct_leader_cell') }}

),

voices as (

    {{ voices() }}

),

-- Whom the leader answers or mentions. Reactions are no conversation.
replies as (

    select
        interactions.person_key,
        accounts.person_key as partner_key,
        interactions.occurred_date,
        interactions.by_delegate
    from {{ ref('int_interactions') }} as interactions
    inner join leaders on interactions.person_key = leaders.person_key
    inner join {{ ref('int_accounts') }} as accounts
        on interactions.source = accounts.source and interactions.target_key = accounts.account_key
    where
        interactions.kind = 'reply' and interactions.is_contribution
        and {{ touched('interactions.occurred_date', -28, -1) }}

),

mentions as (

    select
        mentions.person_key,
        mentions.mentioned_person_key as partner_key,
        mentions.occurred_date,
        mentions.by_delegate
    from {{ ref('int_mentions') }} as mentions
    inner join leaders on mentions.person_key = leaders.person_key
    where mentions.is_contribution and {{ touched('mentions.occurred_date', -28, -1) }}

),

contacts as (

    select * from replies
    union all
    select * from mentions

),

spoken as (

    select
        contacts.person_key,
        contacts.partner_key,
        voices.voice,
        {{ window_end(week_start('contacts.occurred_date'), 'offsets.n') }} as period_end_date,
        count(*) as contact_count
    from contacts
    cross join voices
    cross join ({{ window_offsets(4) }}) as offsets
    where contacts.partner_key <> contacts.person_key and {{ is_heard('contacts.by_delegate') }}
    group by
        contacts.person_key, contacts.partner_key, voices.voice,
        {{ window_end(week_start('contacts.occurred_date'), 'offsets.n') }}

)

select
    spoken.person_key,
    spoken.voice,
    windows.period_end_date,
    cast(sum(spoken.contact_count) as bigint) as contact_count,
    cast(sum(case when audience.levels_below >= 2 then spoken.contact_count else 0 end) as bigint) as skip_level_count
from spoken
inner join {{ ref('int_windows') }} as windows on spoken.period_end_date = windows.period_end_date
left join {{ ref('fct_leader_audience') }} as audience
    on
        spoken.person_key = audience.leader_key
        and spoken.partner_key = audience.person_key
        and windows.period_start_date = audience.period_start_date
group by spoken.person_key, spoken.voice, windows.period_end_date
