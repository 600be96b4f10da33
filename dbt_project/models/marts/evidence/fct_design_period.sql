-- One row per design x team x complete period of 91 days, counted from the start; the mean outcome of its new deals.
with

deals as (

    select * from {{ ref('fct_design_deal') }} where method <> 'landmark'

),

bounds as (

    select
        deals.design_id,
        max(designs.start_date) as start_date,
        max(designs.window_start_date) as window_start_date,
        max(designs.horizon_days) as horizon_days,
        max(deals.observed_date) as observed_date,
        min(deals.period_no) as first_period_no
    from deals
    inner join {{ ref('design_registry') }} as designs on deals.design_id = designs.design_id
    group by deals.design_id

),

complete as (

    select
        design_id,
        start_date,
        observed_date,
        -- whole periods since the window began, and whole ones whose last deal has been followed to the horizon
        -cast(floor(cast({{ dbt.datediff('window_start_date', 'start_date', 'day') }} as double) / 91) as bigint)
            as first_period_no,
        cast(floor(cast(
            {{ dbt.datediff('start_date', 'observed_date', 'day') }} - horizon_days + 1
        as double) / 91) as bigint) - 1 as last_period_no
    from bounds

)

select
    deals.design_id,
    deals.cluster_id,
    deals.period_no - complete.first_period_no + 1 as t,
    -- 0 is never treated; the first period in which the team had begun
    max(case
        when deals.is_treated and deals.team_start_date is not null
            then cast(floor(cast({{ dbt.datediff('complete.start_date', 'deals.team_start_date', 'day') }} as double) / 91) as bigint)
                - complete.first_period_no + 1
        else 0
    end) as cohort,
    max(case when deals.is_treated then 1 else 0 end) as is_treated,
    count(*) as n,
    avg(deals.y) as y
from deals
inner join complete on deals.design_id = complete.design_id
where
    deals.y is not null
    and deals.period_no between complete.first_period_no and complete.last_period_no
group by deals.design_id, deals.cluster_id, deals.period_no, complete.first_period_no
