with

assignments as (

    select * from {{ ref('int_assignments') }}
    where not is_external

),

observed as (

    select max(period_end_date) as until_date from {{ ref('int_windows') }}

),

units as (

    select
        coalesce(assignments.org_unit, '_none') as unit,
        min(assignments.valid_from_date) as first_date,
        max(
            case
                when
                    assignments.valid_until_date is null
                    or assignments.valid_until_date >= observed.until_date
                    then 1
                else 0
            end
        ) as is_current
    from assignments
    cross join observed
    group by coalesce(assignments.org_unit, '_none')

)

select
    '_org' as unit,
    'organisation' as unit_type,
    cast(null as string) as parent_unit,
    'The organisation as a whole' as title,
    true as is_current
union all
select
    unit,
    'org_unit' as unit_type,
    '_org' as parent_unit,
    case when unit = '_none' then 'People without a unit in the roster' else unit end as title,
    is_current = 1 as is_current
from units
