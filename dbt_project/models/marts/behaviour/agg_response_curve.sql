{% set curve = 'unit_type, unit, period_start_date, measure' -%}
with

-- Of replies and reactions only the first 72 hours are asked for; one duration for all later ones keeps curves short.
responses as (

    select
        {{ curve }},
        case when measure <> 'answer' and t_hours > 72 then 73 else t_hours end as t,
        case when is_responded and (measure = 'answer' or t_hours <= 72) then 1 else 0 end as is_event
    from {{ ref('fct_response_cell') }}
    where {{ touched('period_start_date') }} and {{ touched('week_start_date', 0, 21) }}

),

counts as (

    select
        {{ curve }},
        t,
        cast(sum(is_event) as bigint) as event_count,
        cast(count(*) - sum(is_event) as bigint) as censored_count
    from responses
    group by {{ curve }}, t

),

curves as (

    {{ kaplan_meier('counts', curve) }}

)

select * from curves
