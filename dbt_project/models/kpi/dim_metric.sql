-- One row per published number: what it asks, how it is computed and which sources can show it.
select
    cast(metric_id as string) as metric_id,
    cast(version as bigint) as metric_version,
    cast(base_id as string) as base_metric_id,
    cast(slug as string) as slug,
    cast(family as string) as family,
    cast(family_version as bigint) as family_version,
    cast(question as string) as question,
    cast(what as string) as value_shown,
    cast(formula as string) as formula,
    cast(grain as string) as grain,
    cast(time_window as string) as time_window,
    cast(denominator as string) as denominator,
    cast(unit as string) as unit_of_measure,
    cast(min_n as bigint) as min_n,
    cast(min_n_note as string) as min_n_note,
    cast(interval_method as string) as interval_method,
    cast(higher_is_better as boolean) as is_higher_better,
    cast(sources as string) as sources,
    cast(needs as string) as needs,
    cast(kpi_table as string) as kpi_table
from {{ ref('stg_throughline__metrics') }}
