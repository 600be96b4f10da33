with

cells as (

    select
        'org_unit' as unit_type,
        org_unit as unit,
        period_start_date,
        contribution_count
    from {{ ref('fct_person_window') }}
    union all
    select
        'organisation' as unit_type,
        '_org' as unit,
        period_start_date,
        contribution_count
    from {{ ref('fct_person_window') }}

)

select
    unit_type,
    unit,
    period_start_date,
    contribution_count as contributions,
    count(*) as people
from cells
group by unit_type, unit, period_start_date, contribution_count
