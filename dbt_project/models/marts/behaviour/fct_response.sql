with

posts as (

    select
        interaction_id,
        source,
        actor_key,
        person_key,
        occurred_at,
        {{ week_start('occurred_date') }} as week_start_date,
        is_question
    from {{ ref('int_interactions') }}
    where kind = 'post' and is_contribution and person_key is not null and {{ touched('occurred_date', 0, 6) }}

),

-- What came too late is left out before the join.
responses as (

    select
        posts.interaction_id,
        min(case when answers.kind = 'reply' then answers.occurred_at end) as replied_at,
        min(case when answers.kind = 'reaction' then answers.occurred_at end) as reacted_at
    from {{ ref('int_interactions') }} as answers
    inner join posts on answers.parent_id = posts.interaction_id
    where
        answers.is_human
        and answers.actor_key <> posts.actor_key
        and coalesce(answers.person_key, answers.actor_key) <> posts.person_key
        and answers.occurred_at >= answers.parent_at
        and answers.occurred_at <= answers.parent_at + interval '{{ 24 * var("follow_up_days") }}' hour
        and {{ touched('answers.occurred_date', 0, 35) }}
    group by posts.interaction_id

),

-- Nobody is followed longer than var follow_up_days: what is older than that stands, whatever is exported later.
bounded as (

    select
        posts.*,
        responses.replied_at,
        responses.reacted_at,
        weeks.has_reaction_times,
        least(
            weeks.followed_until, posts.occurred_at + interval '{{ 24 * var("follow_up_days") }}' hour
        ) as followed_until
    from posts
    inner join {{ ref('int_followed_weeks') }} as weeks
        on posts.source = weeks.source and posts.week_start_date = weeks.week_start_date
    left join responses on posts.interaction_id = responses.interaction_id

),

followed as (

    select
        bounded.*,
        coalesce(replied_at <= followed_until, false) as is_replied,
        coalesce(reacted_at <= followed_until, false) as is_reacted,
        least(coalesce(replied_at, followed_until), followed_until) as reply_until,
        least(coalesce(reacted_at, followed_until), followed_until) as reaction_until,
        {{ calendar_date('occurred_at') }} as asked_date,
        {{ calendar_date('least(coalesce(replied_at, followed_until), followed_until)') }} as answered_date
    from bounded

),

clocked as (

    select
        followed.*,
        {{ working_hours_at('followed.reply_until', 'answered') }}
        - {{ working_hours_at('followed.occurred_at', 'asked') }} as working_hours
    from followed
    left join {{ ref('int_calendar') }} as asked on followed.asked_date = asked.calendar_date
    left join {{ ref('int_calendar') }} as answered on followed.answered_date = answered.calendar_date

)

{% set measures = {
    'answer': ('is_question', 'is_replied', 'working_hours'),
    'reply': ('true', 'is_replied', hours_between('occurred_at', 'reply_until')),
    'reaction': ('has_reaction_times', 'is_reacted', hours_between('occurred_at', 'reaction_until')),
} -%}
{% for measure, (condition, is_responded, hours) in measures.items() -%}
    select
        interaction_id,
        '{{ measure }}' as measure,
        person_key,
        week_start_date,
        {{ rounded(hours, 6) }} as t_hours,
        {{ is_responded }} as is_responded,
        {{ rounded(hours_between('occurred_at', 'followed_until'), 6) }} as followed_hours
    from clocked
    where {{ condition }} and {{ hours }} >= 0
    {{ 'union all' if not loop.last }}
{% endfor %}
