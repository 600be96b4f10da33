-- One row per design x check: how often its method finds something on the own past, where there is nothing.
select
    results.design_id,
    results.purpose_id,
    designs.outcome,
    results.method,
    results.check_name,
    results.draws,
    results.false_alarm_share,
    results.covered_share,
    results.planted_difference,
    results.found_share,
    results.se_share,
    results.sentence,
    designs.is_main
from {{ ref('stg_throughline__calibration') }} as results
inner join {{ ref('design_registry') }} as designs on results.design_id = designs.design_id
