with

tied as (

    select distinct interaction_id
    from {{ ref('int_purpose_links') }}
    where is_contribution and is_since_start and person_key is not null and {{ touched('occurred_date', -84, -1) }}

),

voices as (

    {{ voices() }}

),

contributions as (

    select
        interactions.person_key,
        voices.voice,
        interactions.occurred_date,
        {{ week_start('interactions.occurred_date') }} as week_start_date,
        interactions.by_delegate,
        case when interactions.kind <> 'reaction' then 1 else 0 end as is_written,
        case when interactions.kind = 'reply' then 1 else 0 end as is_reply,
        case when interactions.is_open or tied.interaction_id is not null then 1 else 0 end as is_in_view,
        case when tied.interaction_id is not null then 1 else 0 end as is_tied
    from {{ ref('int_interactions') }} as interactions
    inner join (select distinct person_key from {{ ref('fct_leader_cell') }}) as leaders
        on interactions.person_key = leaders.person_key
    left join tied on interactions.interaction_id = tied.interaction_id
    cross join voices
    where
        interactions.is_contribution and {{ is_heard('interactions.by_delegate') }}
        and {{ touched('interactions.occurred_date', -84, -1) }}

),

days as (

    select
        person_key,
        voice,
        occurred_date,
        week_start_date,
        sum(is_written) as written,
        sum(is_reply) as replies,
        sum(is_written * is_in_view) as written_open,
        sum(is_written * is_tied) as written_tied,
        max(is_written) as is_posting_day,
        sum(case when by_delegate is not null then 1 else 0 end) as marked,
        sum(case when by_delegate then 1 else 0 end) as by_delegates
    from contributions
    group by person_key, voice, occurred_date, week_start_date

),

spans as (

    select
        days.*,
        offsets.n < 4 as is_in_window,
        {{ window_end('days.week_start_date', 'offsets.n') }} as period_end_date
    from days
    cross join ({{ window_offsets(12) }}) as offsets

)

select
    person_key,
    voice,
    period_end_date,
    count(distinct week_start_date) as active_weeks_12,
    cast(sum(written) as bigint) as written_12,
    cast(sum(replies) as bigint) as replies_12,
    {% for column, name in [
        ('written', 'written_count'), ('replies', 'reply_count'), ('written_open', 'written_open_count'),
        ('written_tied', 'written_tied_count'), ('is_posting_day', 'posting_day_count'), ('marked', 'marked_count'),
        ('by_delegates', 'delegate_count'),
    ] -%}
        cast(sum(case when is_in_window then {{ column }} else 0 end) as bigint)
            as {{ name }}{% if not loop.last %},{% endif %}
    {% endfor -%}
from spans
group by person_key, voice, period_end_date
