with

observed as (

    select min(week_start_date) as first_week_date from {{ ref('int_weeks') }}

),

-- Everybody who has ever been eligible, in the unit held last by then: who has left stays in, censored.
people as (

    select
        assignments.person_key,
        coalesce(assignments.org_unit, '_none') as org_unit,
        windows.period_start_date,
        {{ add_days('windows.period_end_date', -28) }} as last_known_date,
        row_number() over (
            partition by assignments.person_key, windows.period_start_date order by assignments.valid_from_date desc
        ) as assignment_from_last
    from {{ ref('int_assignments') }} as assignments
    inner join {{ ref('int_windows') }} as windows on assignments.valid_from_date < windows.period_end_date
    where not assignments.is_external

),

-- Nothing is seen before the exports begin, so nobody's time begins earlier.
spans as (

    select
        people.*,
        case when roster.first_date > observed.first_week_date then roster.first_date else observed.first_week_date end
            as begin_date,
        case when roster.left_date < people.last_known_date then roster.left_date else people.last_known_date end
            as end_date,
        adoption.adopted_on
    from people
    inner join {{ ref('int_people') }} as roster on people.person_key = roster.person_key
    left join {{ ref('fct_person_adoption') }} as adoption on people.person_key = adoption.person_key
    cross join observed
    where people.assignment_from_last = 1

),

-- A span of four weeks begins on a Monday: in the first week it may begin before the person did.
times as (

    select
        org_unit,
        period_start_date,
        case when adopted_on <= end_date then 1 else 0 end as is_event,
        case
            when adopted_on <= end_date and adopted_on <= begin_date then 0
            when adopted_on <= end_date then {{ days_between('begin_date', 'adopted_on') }}
            else {{ days_between('begin_date', 'end_date') }}
        end as t
    from spans
    where begin_date <= end_date

),

members as (

    {{ by_unit('times') }}

),

counts as (

    select
        unit_type,
        unit,
        period_start_date,
        t,
        cast(sum(is_event) as bigint) as event_count,
        cast(sum(1 - is_event) as bigint) as censored_count
    from members
    group by unit_type, unit, period_start_date, t

),

curve as (

    {{ kaplan_meier('counts', 'unit_type, unit, period_start_date') }}

)

select
    unit_type,
    unit,
    period_start_date,
    max(at_risk_count) as time_n,
    cast(sum(event_count) as bigint) as adopted_count,
    cast({{ median_time() }} as double) as median_days,
    cast({{ median_time('survival_low') }} as double) as median_low_days,
    cast({{ median_time('survival_high') }} as double) as median_high_days
from curve
group by unit_type, unit, period_start_date
