with

-- One row always: without a calendar, Monday to Friday in the organisation's zone.
clock as (

    select
        coalesce(max(time_zone), '{{ var("time_zone") }}') as time_zone,
        coalesce(max(weekdays), '1 2 3 4 5') as weekdays
    from {{ ref('stg_mappings__calendars') }}
    where calendar = 'default'

),

holidays as (

    select holiday_date from {{ ref('stg_mappings__holidays') }} where calendar = 'default'

),

tools as (

    select distinct source from {{ ref('int_spaces') }}

),

-- A day more at either end: a local day may begin before the UTC one, and end after it.
observed as (

    select
        {{ add_days('cast(min(files.observed_from) as date)', -1) }} as from_date,
        {{ add_days('cast(max(files.observed_until) as date)', 1) }} as until_date
    from {{ ref('stg_throughline__files') }} as files
    inner join tools on files.source = tools.source
    where files.state <> 'quarantined'

),

numbers as (

    {{ numbers() }}

),

dates as (

    select
        observed.until_date,
        {{ add_days('observed.from_date', 'cast(numbers.n as int)') }} as calendar_date
    from observed
    cross join numbers
    where observed.from_date is not null

),

days as (

    select
        dates.calendar_date,
        clock.time_zone,
        {{ local_midnight('dates.calendar_date', zone='clock.time_zone') }} as starts_at,
        {{ local_midnight(add_days('dates.calendar_date', 1), zone='clock.time_zone') }} as ends_at,
        holidays.holiday_date is null
        and clock.weekdays like {{ dbt.concat([
            "'%'", 'cast(' ~ days_between(week_start('dates.calendar_date'), 'dates.calendar_date') ~ ' + 1 as string)', "'%'"
        ]) }} as is_working_day
    from dates
    cross join clock
    left join holidays on dates.calendar_date = holidays.holiday_date
    where dates.calendar_date <= dates.until_date

)

select
    calendar_date,
    time_zone,
    starts_at,
    ends_at,
    is_working_day,
    coalesce(sum(case when is_working_day then {{ hours_between('starts_at', 'ends_at') }} else 0 end) over (
        order by calendar_date
        rows between unbounded preceding and 1 preceding
    ), 0) as working_hours_before
from days
