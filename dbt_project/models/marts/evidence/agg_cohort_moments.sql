-- One row per design x cohort x pair of periods (s >= t): moments of the balanced teams; sums are of y - shift.
with

panel as (

    select design_id, cluster_id, t, cohort, y from {{ ref('fct_design_period') }}
    union all
    select design_id, cluster_id, t, cohort, y from {{ ref('fct_leader_ledger') }}

),

spans as (

    select
        design_id,
        count(distinct t) as period_count,
        cast(round(avg(y)) as double) as shift
    from panel
    group by design_id

),

teams as (

    select
        panel.design_id,
        panel.cluster_id,
        max(panel.cohort) as cohort,
        count(*) as period_count
    from panel
    group by panel.design_id, panel.cluster_id

),

balanced as (

    select
        panel.design_id,
        panel.cluster_id,
        panel.t,
        teams.cohort,
        panel.y - spans.shift as y,
        spans.shift
    from panel
    inner join spans on panel.design_id = spans.design_id
    inner join teams on panel.design_id = teams.design_id and panel.cluster_id = teams.cluster_id
    where teams.period_count = spans.period_count

)

select
    a.design_id,
    a.cohort,
    a.t,
    b.t as s,
    count(*) as n_units,
    sum(a.y) as sum_y_t,
    sum(b.y) as sum_y_s,
    sum(a.y * b.y) as sum_y_t_y_s,
    a.shift
from balanced as a
inner join balanced as b
    on a.design_id = b.design_id and a.cluster_id = b.cluster_id and a.t <= b.t
group by a.design_id, a.cohort, a.t, b.t, a.shift
