-- Friday 16:00 to Monday 10:00 is 8 + 10 working hours, Saturday to Sunday none, Friday 00:00 to Monday 24:00 two days.
with

days as (

    select
        cast('2026-01-09 00:00:00' as timestamp) as starts_at, true as is_working_day,
        cast(24 as double) as working_hours_before, 'Fri' as weekday
    union all
    select cast('2026-01-10 00:00:00' as timestamp), false, 48, 'Sat'
    union all
    select cast('2026-01-11 00:00:00' as timestamp), false, 48, 'Sun'
    union all
    select cast('2026-01-12 00:00:00' as timestamp), true, 48, 'Mon'

),

clocks as (

    select
        'Fri' as from_weekday, cast('2026-01-09 16:00:00' as timestamp) as from_at,
        'Mon' as to_weekday, cast('2026-01-12 10:00:00' as timestamp) as to_at, 18 as hours
    union all
    select
        'Sat', cast('2026-01-10 01:00:00' as timestamp),
        'Sun', cast('2026-01-11 23:00:00' as timestamp), 0
    union all
    select
        'Fri', cast('2026-01-09 00:00:00' as timestamp),
        'Mon', cast('2026-01-13 00:00:00' as timestamp), 48

),

computed as (

    select
        clocks.hours,
        {{ working_hours_at('clocks.to_at', 'last_day') }}
        - {{ working_hours_at('clocks.from_at', 'first_day') }} as is_hours
    from clocks
    inner join days as first_day on clocks.from_weekday = first_day.weekday
    inner join days as last_day on clocks.to_weekday = last_day.weekday

)

select * from computed where abs(is_hours - hours) > 0.0000001
