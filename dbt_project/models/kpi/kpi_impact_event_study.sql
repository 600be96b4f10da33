-- One row per design x event time: the difference by periods of 91 days since the start; none for a refused result.
select
    studies.run_id,
    studies.design_id,
    studies.outcome,
    studies.event_time,
    studies.estimate,
    studies.se,
    studies.ci_low,
    studies.ci_high,
    studies.ci_sim_low,
    studies.ci_sim_high,
    studies.n_units
from {{ ref('stg_throughline__impact_event_study') }} as studies
inner join {{ ref('kpi_impact') }} as results
    on studies.design_id = results.design_id and results.stratum = '' and results.verdict <> 'refused'
