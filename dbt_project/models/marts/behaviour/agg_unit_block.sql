with

units as (

    select
        period_start_date,
        org_unit,
        count(*) as n
    from {{ ref('fct_person_window') }}
    group by period_start_date, org_unit

),

-- Each pair of units once, under the name that comes first; every unit with itself, be there ties or not.
marks as (

    select
        period_start_date,
        case when {{ precedes('person_unit', 'partner_unit') }} then person_unit else partner_unit end as unit_a,
        case when {{ precedes('person_unit', 'partner_unit') }} then partner_unit else person_unit end as unit_b,
        1 as tie,
        case when is_mutual then 1 else 0 end as mutual
    from {{ ref('fct_tie_window') }}
    union all
    select
        period_start_date,
        org_unit as unit_a,
        org_unit as unit_b,
        0 as tie,
        0 as mutual
    from units

),

blocks as (

    select
        period_start_date,
        unit_a,
        unit_b,
        sum(tie) as ties,
        sum(mutual) as mutual
    from marks
    group by period_start_date, unit_a, unit_b

)

select
    blocks.period_start_date as snapshot,
    blocks.unit_a,
    blocks.unit_b,
    cast(first_units.n as bigint) as n_a,
    cast(second_units.n as bigint) as n_b,
    cast(blocks.ties as bigint) as ties,
    cast(blocks.mutual as bigint) as dyads_mutual,
    cast(blocks.ties - blocks.mutual as bigint) as dyads_asym
from blocks
inner join units as first_units
    on blocks.period_start_date = first_units.period_start_date and blocks.unit_a = first_units.org_unit
inner join units as second_units
    on blocks.period_start_date = second_units.period_start_date and blocks.unit_b = second_units.org_unit
