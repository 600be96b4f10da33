with

people as (

    select * from {{ ref('fct_person_window') }}
    where contribution_count > 0

),

members as (

    {{ by_unit('people') }}

)

select
    unit_type,
    unit,
    period_start_date,
    count(*) as contributors_n,
    cast(sum(tied_count) as bigint) as tied,
    cast(sum(contribution_count) as bigint) as contributions,
    cast(sum(tied_count * tied_count) as bigint) as tied_squared,
    cast(sum(tied_count * contribution_count) as bigint) as tied_times_contributions,
    cast(sum(contribution_count * contribution_count) as bigint) as contributions_squared,
    cast(sum(tied_day_count) as bigint) as tied_days,
    cast(sum(active_day_count) as bigint) as active_days,
    cast(sum(tied_day_count * tied_day_count) as bigint) as tied_days_squared,
    cast(sum(tied_day_count * active_day_count) as bigint) as tied_times_active_days,
    cast(sum(active_day_count * active_day_count) as bigint) as active_days_squared
from members
group by unit_type, unit, period_start_date
