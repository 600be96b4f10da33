select
    answers.parent_id,
    answers.occurred_date
from {{ ref('int_interactions') }} as answers
inner join {{ ref('int_accounts') }} as authors
    on answers.source = authors.source and answers.target_key = authors.account_key
where
    answers.kind = 'reply'
    and answers.is_human
    and answers.actor_key <> answers.target_key
    and coalesce(answers.person_key, answers.actor_key) <> authors.person_key
    and answers.occurred_at > answers.parent_at + interval '{{ 24 * var("follow_up_days") }}' hour
    and {{ touched('answers.occurred_date') }}
group by answers.parent_id, answers.occurred_date
