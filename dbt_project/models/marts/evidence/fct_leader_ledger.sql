{%- set weeks = var('ledger_period_weeks') -%}
-- One row per act x audience x period: how many of those left adopt, before and since the leader's first act.
with

launch as (

    select min(period_start_date) as period_start_date from {{ ref('int_windows') }}

),

-- Everybody belongs to the nearest leader above, as the hierarchy stood when the exports began.
nearest as (

    select
        audience.person_key,
        audience.leader_key,
        row_number() over (
            partition by audience.person_key order by audience.levels_below, audience.leader_key
        ) as leader_from_nearest
    from {{ ref('fct_leader_audience') }} as audience
    inner join launch on audience.period_start_date = launch.period_start_date

),

-- Below k people an audience is not looked at.
audiences as (

    select
        leader_key,
        count(*) as audience_n
    from nearest
    where leader_from_nearest = 1
    group by leader_key
    having not {{ below_k('count(*)') }}

),

periods as (

    select
        cast(floor(cast(week_number - 1 as double) / {{ weeks }}) as bigint) + 1 as t,
        min(week_start_date) as from_date,
        max(week_end_date) as until_date
    from {{ ref('int_weeks') }}
    group by cast(floor(cast(week_number - 1 as double) / {{ weeks }}) as bigint)
    having count(*) = {{ weeks }}

),

-- A delegate's words, and what only a closed group sees, are no act of the leader.
acts as (

    select
        interactions.person_key as leader_key,
        interactions.kind as act,
        min(interactions.occurred_date) as first_date
    from {{ ref('int_interactions') }} as interactions
    inner join audiences on interactions.person_key = audiences.leader_key
    left join (
        select distinct interaction_id from {{ ref('int_purpose_links') }} where is_contribution
    ) as tied on interactions.interaction_id = tied.interaction_id
    where
        interactions.is_contribution
        and not coalesce(interactions.by_delegate, false)
        and (interactions.is_open or tied.interaction_id is not null)
    group by interactions.person_key, interactions.kind

),

-- Dated by the day on which the adoption was known: its span begins earlier, and would react before the act.
people as (

    select
        nearest.leader_key,
        periods.t,
        count(*) as at_risk_n,
        sum(case when adoption.adoption_known_at < periods.until_date then 1 else 0 end) as adopted_n
    from nearest
    inner join audiences on nearest.leader_key = audiences.leader_key
    inner join {{ ref('int_people') }} as roster on nearest.person_key = roster.person_key
    left join {{ ref('fct_person_adoption') }} as adoption on nearest.person_key = adoption.person_key
    inner join periods
        on
            (adoption.adoption_known_at is null or adoption.adoption_known_at >= periods.from_date)
            and (roster.left_date is null or roster.left_date > periods.from_date)
    where nearest.leader_from_nearest = 1
    group by nearest.leader_key, periods.t

)

select
    designs.design_id,
    {{ dbt.hash('people.leader_key') }} as cluster_id,
    people.t,
    coalesce(firsts.t, 0) as cohort,
    case when firsts.t is null then 0 else 1 end as is_treated,
    audiences.audience_n,
    periods.from_date,
    periods.until_date,
    people.at_risk_n as n,
    {{ rounded(safe_divide('people.adopted_n', 'people.at_risk_n')) }} as y
from people
inner join audiences on people.leader_key = audiences.leader_key
inner join periods on people.t = periods.t
cross join {{ ref('design_leader_act') }} as designs
left join acts on people.leader_key = acts.leader_key and designs.act = acts.act
left join periods as firsts on acts.first_date >= firsts.from_date and acts.first_date < firsts.until_date
