with

units as (

    select
        unit_type,
        unit,
        period_start_date,
        observable_count,
        eligible_n
    from {{ ref('agg_adoption_window') }}

)

select
    units.*,
    {{ hidden_reason('eligible', within='period_start_date', is_part="unit_type = 'org_unit'") }}
from units
