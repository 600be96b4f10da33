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
    where kind = 'post' and is_contribution and person_key is not null

),

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
        and answers.occurred_at >= posts.occurred_at
    group by posts.interaction_id

),

observed as (

    select
        source,
        max(observed_until) as observed_until
    from {{ ref('stg_throughline__files') }}
    where state <> 'quarantined'
    group by source

),

-- Tools all of whose reactions carry a time of their own; elsewhere nobody knows how long a reaction took.
timed as (

    select source
    from {{ ref('stg_collaboration__reactions') }}
    group by source
    having count(reacted_at) = count(*)

),

followed as (

    select
        posts.*,
        responses.replied_at,
        responses.reacted_at,
        observed.observed_until,
        timed.source is not null as has_reaction_times,
        {{ calendar_date('posts.occurred_at') }} as asked_date,
        {{ calendar_date('coalesce(responses.replied_at, observed.observed_until)') }} as answered_date
    from posts
    inner join observed on posts.source = observed.source
    left join responses on posts.interaction_id = responses.interaction_id
    left join timed on posts.source = timed.source

),

clocked as (

    select
        followed.*,
        {{ hours_between('followed.occurred_at', 'followed.observed_until') }} as followed_hours,
        {{ working_hours_at('coalesce(followed.replied_at, followed.observed_until)', 'answered') }}
        - {{ working_hours_at('followed.occurred_at', 'asked') }} as working_hours
    from followed
    left join {{ ref('int_calendar') }} as asked on followed.asked_date = asked.calendar_date
    left join {{ ref('int_calendar') }} as answered on followed.answered_date = answered.calendar_date

)

{% set measures = {
    'answer': ('is_question', 'replied_at', 'working_hours'),
    'reply': ('true', 'replied_at', hours_between('occurred_at', 'coalesce(replied_at, observed_until)')),
    'reaction': ('has_reaction_times', 'reacted_at', hours_between('occurred_at', 'coalesce(reacted_at, observed_until)')),
} -%}
{% for measure, (condition, responded_at, hours) in measures.items() -%}
    select
        interaction_id,
        '{{ measure }}' as measure,
        person_key,
        week_start_date,
        {{ rounded(hours, 6) }} as t_hours,
        {{ responded_at }} is not null as is_responded,
        {{ rounded('followed_hours', 6) }} as followed_hours
    from clocked
    where {{ condition }} and {{ hours }} >= 0
    {%- if not loop.last %}
    union all
    {% endif %}
{%- endfor %}
