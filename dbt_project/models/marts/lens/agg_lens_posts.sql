-- Posts of a window and what came of them until its end.
with

posts as (

    select
        interaction_id,
        actor_key,
        coalesce(person_key, actor_key) as author_key,
        occurred_date
    from {{ ref('int_interactions') }}
    where is_contribution and kind = 'post' and {{ touched('occurred_date', 0, 27) }}

),

answers as (

    select
        posts.interaction_id,
        min(case when answers.kind = 'reply' then answers.occurred_date end) as reply_date,
        min(case when answers.actor_key <> posts.actor_key then answers.occurred_date end) as response_date
    from posts
    inner join {{ ref('int_interactions') }} as answers on posts.interaction_id = answers.parent_id
    where answers.is_contribution and {{ touched('answers.occurred_date', none, 27) }}
    group by posts.interaction_id

),

shares as (

    select
        windows.period_start_date,
        count(*) as post_count,
        count(distinct posts.author_key) as people,
        sum(case when answers.reply_date < windows.period_end_date then 1 else 0 end) as replied_count,
        sum(case when answers.response_date < windows.period_end_date then 1 else 0 end) as responded_count
    from {{ ref('int_windows') }} as windows
    inner join posts
        on posts.occurred_date >= windows.period_start_date and posts.occurred_date < windows.period_end_date
    left join answers on posts.interaction_id = answers.interaction_id
    group by windows.period_start_date

)

select
    period_start_date,
    {{ lens_share('swoop.response_rate', 'responded_count', 'post_count', people='people') }}
from shares
union all
select
    period_start_date,
    {{ lens_share('angeletou.thread_reciprocity', 'replied_count', 'post_count', people='people') }}
from shares
