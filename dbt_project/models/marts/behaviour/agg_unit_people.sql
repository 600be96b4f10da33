with

ends as (

    select
        period_start_date,
        person_key
    from {{ ref('fct_tie_window') }}
    union all
    select
        period_start_date,
        partner_key as person_key
    from {{ ref('fct_tie_window') }}

),

partners as (

    select
        period_start_date,
        person_key,
        count(*) as partner_count
    from ends
    group by period_start_date, person_key

),

people as (

    select
        fct.org_unit,
        fct.period_start_date,
        fct.is_observable,
        fct.contribution_count,
        coalesce(partners.partner_count, 0) as partner_count
    from {{ ref('fct_person_window') }} as fct
    left join partners on fct.person_key = partners.person_key and fct.period_start_date = partners.period_start_date

),

cells as (

    {{ by_unit('people') }}

)

select
    unit_type,
    unit,
    period_start_date,
    count(*) as people,
    cast(sum(case when is_observable then 1 else 0 end) as bigint) as observable_count,
    cast(sum(case when contribution_count = 0 then 1 else 0 end) as bigint) as silent_count,
    cast(sum(case when contribution_count between 1 and {{ var('participation_min') - 1 }} then 1 else 0 end) as bigint)
        as occasional_count,
    cast(sum(case when contribution_count >= {{ var('participation_min') }} then 1 else 0 end) as bigint)
        as regular_count,
    cast(sum(case when partner_count = 0 then 1 else 0 end) as bigint) as isolate_count,
    {{ percentile('partner_count', 0.5) }} as partner_median
from cells
group by unit_type, unit, period_start_date
