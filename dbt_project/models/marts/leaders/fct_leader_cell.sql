with

leaders as (

    select
        person_key,
        period_start_date,
        period_end_date,
        org_unit,
        leader_band,
        is_observable,
        is_classifiable
    from {{ ref('fct_person_window') }}
    where is_leader

)

-- Too few leaders of a band in a unit roll up to the band, and too few in a band to all leaders.
select
    'leader_band_org_unit' as unit_type,
    leader_band || ' / ' || org_unit as unit,
    leader_band as parent,
    leaders.*
from leaders
union all
select
    'leader_band' as unit_type,
    leader_band as unit,
    '_org' as parent,
    leaders.*
from leaders
union all
select
    'organisation' as unit_type,
    '_org' as unit,
    cast(null as string) as parent,
    leaders.*
from leaders
