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
        max(deals.observed_date) as observed_date
    from deals
    inner join {{ ref('design_registry') }} as designs on deals.design_id = designs.design_id
    group by deals.design_id

),

spans as (

    select
        design_id,
        start_date,
        horizon_days,
        {{ days_between('window_start_date', 'start_date') }} as days_before,
        {{ days_between('start_date', 'observed_date') }} as days_after
    from bounds

),

-- Whole periods since the window began, and whole ones whose last deal has been followed to the horizon.
complete as (

    select
        design_id,
        start_date,
        -cast(floor(cast(days_before as double) / 91) as bigint) as first_period_no,
        cast(floor(cast(days_after - horizon_days + 1 as double) / 91) as bigint) - 1 as last_period_no
    from spans

),

teams as (

    select
        deals.*,
        complete.first_period_no,
        {{ days_between('complete.start_date', 'deals.team_start_date') }} as days_to_begin
    from deals
    inner join complete on deals.design_id = complete.design_id
    where
        deals.y is not null
        and deals.period_no between complete.first_period_no and complete.last_period_no

)

select
    design_id,
    cluster_id,
    period_no - first_period_no + 1 as t,
    -- 0 is never treated; else the first period in which the team had begun
    max(case
        when is_treated and days_to_begin is not null
            then cast(floor(cast(days_to_begin as double) / 91) as bigint) - first_period_no + 1
        else 0
    end) as cohort,
    max(case when is_treated then 1 else 0 end) as is_treated,
    count(*) as n,
    avg(y) as y
from teams
group by design_id, cluster_id, period_no, first_period_no
