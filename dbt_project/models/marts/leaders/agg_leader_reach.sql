{%- set cell = 'cells.unit_type, cells.unit, cells.period_start_date' -%}
with

voices as (

    {{ voices() }}

),

messages as (

    select
        interactions.interaction_id,
        interactions.person_key as leader_key,
        interactions.by_delegate
    from {{ ref('int_interactions') }} as interactions
    inner join (select distinct person_key from {{ ref('fct_leader_cell') }}) as leaders
        on interactions.person_key = leaders.person_key
    where interactions.kind <> 'reaction' and interactions.is_contribution

),

-- Who answered or reacted to the leader, in each window that holds the day.
responses as (

    select distinct
        messages.leader_key,
        voices.voice,
        responses.person_key,
        {{ window_end(week_start('responses.occurred_date'), 'offsets.n') }} as period_end_date
    from messages
    inner join {{ ref('int_interactions') }} as responses on messages.interaction_id = responses.parent_id
    cross join voices
    cross join ({{ window_offsets(4) }}) as offsets
    where
        responses.kind in ('reply', 'reaction') and responses.is_contribution and {{ is_heard('messages.by_delegate') }}
        and {{ touched('responses.occurred_date', 0, 27) }}

),

audiences as (

    select
        {{ cell }},
        count(distinct audience.leader_key) as reach_leaders_n,
        count(distinct audience.person_key) as audience_n
    from {{ ref('fct_leader_cell') }} as cells
    inner join {{ ref('fct_leader_audience') }} as audience
        on cells.person_key = audience.leader_key and cells.period_start_date = audience.period_start_date
    group by {{ cell }}

),

-- Of the audience only: others may answer too, and would make a share above 1.
engaged as (

    select
        {{ cell }},
        responses.voice,
        count(distinct responses.person_key) as engaged_n
    from {{ ref('fct_leader_cell') }} as cells
    inner join responses
        on cells.person_key = responses.leader_key and cells.period_end_date = responses.period_end_date
    inner join {{ ref('fct_leader_audience') }} as audience
        on
            responses.leader_key = audience.leader_key
            and responses.person_key = audience.person_key
            and cells.period_start_date = audience.period_start_date
    group by {{ cell }}, responses.voice

)

select
    audiences.unit_type,
    audiences.unit,
    audiences.period_start_date,
    voices.voice,
    audiences.reach_leaders_n,
    audiences.audience_n,
    coalesce(engaged.engaged_n, 0) as engaged_n
from audiences
cross join voices
left join engaged on {{ same_unit('audiences', 'engaged') }} and voices.voice = engaged.voice
