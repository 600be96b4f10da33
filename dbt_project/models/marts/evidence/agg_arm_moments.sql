-- One row per design drawn by lot x metric x arm: moments over its teams, x before the start, y and d since.
with

teams as (

    select
        design_id,
        cluster_id,
        max(case when is_treated then 1 else 0 end) as arm,
        count(case when is_post then 1 end) as n_after,
        sum(case when is_post then y end) as sum_after,
        avg(case when is_post then y end) as mean_after,
        avg(case when not is_post then y end) as mean_before
    from {{ ref('fct_design_deal') }}
    where method = 'randomised' and y is not null
    group by design_id, cluster_id

),

-- A team without a past gets the mean of all: known before the lot, so it moves no estimate.
units as (

    select
        teams.*,
        coalesce(mean_before, avg(mean_before) over (partition by design_id), 0) as x
    from teams
    where n_after > 0

),

metrics as (

    select
        design_id,
        arm,
        x,
        'team_mean' as metric,
        mean_after as y,
        cast(1 as double) as d
    from units
    union all
    select
        design_id,
        arm,
        x,
        'deal_ratio',
        sum_after,
        cast(n_after as double)
    from units

)

select
    metrics.design_id,
    metrics.metric,
    '' as stratum,
    cast(metrics.arm as bigint) as arm,
    cast(coalesce(looks.looks_passed, 1) as bigint) as look_no,
    count(*) as n,
    sum(metrics.x) as sum_x,
    sum(metrics.x * metrics.x) as sum_xx,
    sum(metrics.y) as sum_y,
    sum(metrics.y * metrics.y) as sum_yy,
    sum(metrics.x * metrics.y) as sum_xy,
    sum(metrics.d) as sum_d,
    sum(metrics.d * metrics.d) as sum_dd,
    sum(metrics.y * metrics.d) as sum_yd,
    case when metrics.arm = 1 then designs.lot_share else 1 - designs.lot_share end as planned_share
from metrics
inner join {{ ref('design_registry') }} as designs on metrics.design_id = designs.design_id
inner join {{ ref('design_look') }} as looks on metrics.design_id = looks.design_id
group by metrics.design_id, metrics.metric, metrics.arm, looks.looks_passed, designs.lot_share
