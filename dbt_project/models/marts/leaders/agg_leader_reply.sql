{%- set cell = 'unit_type, unit, period_start_date, voice' -%}
with

times as (

    select
        cells.unit_type,
        cells.unit,
        cells.period_start_date,
        threads.voice,
        threads.leader_key,
        threads.is_answered,
        threads.working_hours as t
    from {{ ref('fct_leader_thread') }} as threads
    cross join ({{ window_offsets(4) }}) as offsets
    inner join {{ ref('fct_leader_cell') }} as cells
        on
            threads.leader_key = cells.person_key
            and {{ window_end('threads.week_start_date', 'offsets.n') }} = cells.period_end_date
    left join {{ ref('fct_person_window') }} as askers
        on threads.asker_key = askers.person_key and cells.period_start_date = askers.period_start_date
    where not coalesce(askers.is_leader, false)

),

counts as (

    select
        {{ cell }},
        t,
        cast(sum(case when is_answered then 1 else 0 end) as bigint) as event_count,
        cast(sum(case when is_answered then 0 else 1 end) as bigint) as censored_count
    from times
    group by {{ cell }}, t

),

curve as (

    {{ kaplan_meier('counts', cell) }}

),

at_72_hours as (

    select
        {{ cell }},
        sum(event_count + censored_count) as thread_n,
        sum(case when t >= 72 then event_count + censored_count else 0 end) as at_risk_n,
        max(case when t <= 72 and coalesce(next_t, 73) > 72 then survival end) as survival,
        max(case when t <= 72 and coalesce(next_t, 73) > 72 then survival_low end) as survival_low,
        max(case when t <= 72 and coalesce(next_t, 73) > 72 then survival_high end) as survival_high
    from curve
    group by {{ cell }}

),

leaders as (

    select
        {{ cell }},
        count(distinct leader_key) as addressed_n
    from times
    group by {{ cell }}

)

-- Without any answer nothing varies, and an interval would look like certainty.
select
    curves.unit_type,
    curves.unit,
    curves.period_start_date,
    curves.voice,
    leaders.addressed_n,
    cast(curves.thread_n as bigint) as thread_n,
    cast(curves.at_risk_n as bigint) as at_risk_n,
    {{ rounded('1 - coalesce(curves.survival, 1)') }} as replied_share,
    case when curves.survival < 1 then {{ rounded('1 - curves.survival_high') }} end as replied_low,
    case when curves.survival < 1 then {{ rounded('1 - curves.survival_low') }} end as replied_high
from at_72_hours as curves
inner join leaders on {{ same_unit('curves', 'leaders') }} and curves.voice = leaders.voice
