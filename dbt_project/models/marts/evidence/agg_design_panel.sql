-- One row per design whose teams are followed over periods: how many, and how many lack some period.
with

panel_teams as (

    select
        design_id,
        cluster_id,
        max(is_treated) as is_treated,
        count(*) as period_count
    from {{ ref('fct_design_period') }}
    group by design_id, cluster_id

),

panel_spans as (

    select
        design_id,
        count(distinct t) as period_count
    from {{ ref('fct_design_period') }}
    group by design_id

)

select
    panel_teams.design_id,
    count(*) as n_teams,
    count(case when panel_teams.period_count < panel_spans.period_count then 1 end) as n_teams_dropped_unbalanced
from panel_teams
inner join panel_spans on panel_teams.design_id = panel_spans.design_id
group by panel_teams.design_id
