-- One row per design that compares teams x team: its arm and its start, frozen, and where it stood before.
with

designs as (

    select * from {{ ref('design_registry') }} where problem_codes = '' and method <> 'landmark'

),

teams as (

    select
        deals.design_id,
        deals.cluster_id,
        max(case when deals.is_treated then 1 else 0 end) = 1 as is_treated,
        max(case when deals.is_treated then deals.team_start_date end) as started_date,
        count(case when not deals.is_post and deals.y is not null then 1 end) as baseline_n,
        avg(case when not deals.is_post then deals.y end) as baseline_mean,
        avg(case when not deals.is_post and deals.y is not null then ln(1 + cast(deals.amount_created as double)) end)
            as baseline_log_amount
    from {{ ref('fct_design_deal') }} as deals
    inner join designs on deals.design_id = designs.design_id
    group by deals.design_id, deals.cluster_id

),

bands as (

    select
        design_id,
        {{ percentile('baseline_mean', 1 / 3) }} as lower_mean,
        {{ percentile('baseline_mean', 2 / 3) }} as upper_mean
    from teams
    where baseline_mean is not null
    group by design_id

)

select
    teams.design_id,
    teams.cluster_id,
    teams.is_treated,
    teams.started_date,
    teams.baseline_n,
    teams.baseline_mean,
    teams.baseline_log_amount,
    case
        when teams.baseline_mean is null then 'unknown'
        when teams.baseline_mean <= bands.lower_mean then 'low'
        when teams.baseline_mean <= bands.upper_mean then 'middle'
        else 'high'
    end as baseline_band,
    designs.content_hash as options_hash,
    designs.fixed_at as frozen_at
from teams
inner join designs on teams.design_id = designs.design_id
left join bands on teams.design_id = bands.design_id
