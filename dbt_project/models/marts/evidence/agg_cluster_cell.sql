-- One row per design x team x arm x period (0 before, 1 since the start); sums are of y - shift.
with

shifts as (

    select
        design_id,
        cast(round(avg(y)) as double) as shift
    from {{ ref('fct_design_deal') }}
    where y is not null
    group by design_id

)

select
    deals.design_id,
    deals.cluster_id,
    cast(max(case when deals.is_treated then 1 else 0 end) as bigint) as arm,
    cast(case when deals.is_post then 1 else 0 end as bigint) as period,
    count(*) as n,
    sum(deals.y - shifts.shift) as sum_y,
    sum((deals.y - shifts.shift) * (deals.y - shifts.shift)) as sum_y2,
    shifts.shift
from {{ ref('fct_design_deal') }} as deals
inner join shifts on deals.design_id = shifts.design_id
where deals.method <> 'landmark' and deals.y is not null
group by deals.design_id, deals.cluster_id, deals.is_post, shifts.shift
