-- One row per design of the ledger: what the guard rails must know beside the estimate.
with

audiences as (

    select
        design_id,
        cluster_id,
        max(cohort) as cohort,
        max(audience_n) as audience_n,
        count(*) as period_count
    from {{ ref('fct_leader_ledger') }}
    group by design_id, cluster_id

),

spans as (

    select
        design_id,
        count(distinct t) as period_count,
        min(from_date) as from_date,
        max(until_date) as until_date
    from {{ ref('fct_leader_ledger') }}
    group by design_id

),

-- Left out: audiences of which a period has nobody left, and those whose leader acted from the first period on.
described as (

    select
        audiences.*,
        case when audiences.cohort >= 1 then 1 else 0 end as is_treated,
        case when audiences.period_count < spans.period_count then 1 else 0 end as is_unbalanced,
        case when audiences.period_count < spans.period_count or audiences.cohort = 1 then 1 else 0 end as is_dropped
    from audiences
    inner join spans on audiences.design_id = spans.design_id

),

counts as (

    select
        design_id,
        count(*) as n_teams,
        sum(is_unbalanced) as n_teams_dropped_unbalanced,
        sum(audience_n) as n_units_total,
        sum(is_dropped * audience_n) as n_units_dropped,
        sum(is_treated * audience_n) as n_treated,
        sum(is_treated * is_dropped * audience_n) as n_dropped_treated,
        sum((1 - is_treated) * audience_n) as n_control,
        sum((1 - is_treated) * is_dropped * audience_n) as n_dropped_control
    from described
    group by design_id

)

select
    designs.design_id,
    cast(coalesce(counts.n_teams, 0) as bigint) as n_teams,
    cast(coalesce(counts.n_teams_dropped_unbalanced, 0) as bigint) as n_teams_dropped_unbalanced,
    cast(coalesce(counts.n_units_total, 0) as bigint) as n_units_total,
    cast(coalesce(counts.n_units_dropped, 0) as bigint) as n_units_dropped,
    coalesce({{ safe_divide('counts.n_dropped_treated', 'counts.n_treated') }}, 0) as dropped_share_treated,
    coalesce({{ safe_divide('counts.n_dropped_control', 'counts.n_control') }}, 0) as dropped_share_control,
    cast(coalesce(counts.n_treated - counts.n_dropped_treated, 0) as bigint) as n_units_t,
    cast(coalesce(counts.n_control - counts.n_dropped_control, 0) as bigint) as n_units_c,
    cast(coalesce(counts.n_treated - counts.n_dropped_treated, 0) as bigint) as n_people_t,
    cast(coalesce(counts.n_control - counts.n_dropped_control, 0) as bigint) as n_people_c,
    spans.from_date as window_start_date,
    spans.until_date as window_end_date,
    spans.until_date as data_until_date
from {{ ref('design_leader_act') }} as designs
left join counts on designs.design_id = counts.design_id
left join spans on designs.design_id = spans.design_id
