-- One row per cohort (purpose x unit x period) x day count: deals at risk, won, lost and still open. A cohort are the
-- deals created, or those that entered a stage (unit type stage): there won means that the deal has moved on.
with

deals as (

    select {{ cell() }}, outcome, duration_days
    from {{ ref('int_deal_cells') }}
    where basis = 'created' and duration_days is not null
    union all
    select {{ cell() }}, outcome, duration_days
    from {{ ref('int_stage_cells') }}

),

counts as (

    select
        {{ cell() }},
        duration_days as t_days,
        sum(case when outcome = 'won' then 1 else 0 end) as n_won,
        sum(case when outcome = 'lost' then 1 else 0 end) as n_lost,
        sum(case when outcome = 'open' then 1 else 0 end) as n_censored
    from deals
    group by {{ cell() }}, duration_days

)

select
    {{ cell() }},
    t_days,
    cast(sum(n_won + n_lost + n_censored) over (
        partition by {{ cell() }}
        order by t_days desc
        rows between unbounded preceding and current row
    ) as bigint) as n_at_risk,
    cast(n_won as bigint) as n_won,
    cast(n_lost as bigint) as n_lost,
    cast(n_censored as bigint) as n_censored
from counts
