with

seen as (

    select
        cast(observed_from as date) as first_date,
        cast(observed_until as date) as last_date
    from {{ ref('stg_throughline__files') }}
    where state <> 'quarantined'
    union all
    select
        baseline_from_date as first_date,
        target_by_date as last_date
    from {{ ref('int_purpose_registry') }}

),

-- Whole years, from the first that an export or a baseline reaches back to, to the last one that a target reaches.
bounds as (

    select
        cast(date_trunc('year', min(first_date)) as date) as from_date,
        cast(date_trunc('year', max(last_date)) as date) as last_year_date
    from seen

),

numbers as (

    {{ numbers() }}

),

numbered as (

    select
        bounds.last_year_date,
        {{ add_days('bounds.from_date', 'cast(numbers.n as int)') }} as calendar_date
    from bounds
    cross join numbers

),

days as (

    select
        calendar_date,
        {{ week_start('calendar_date') }} as week_start_date
    from numbered
    where cast(date_trunc('year', calendar_date) as date) <= last_year_date

),

-- An ISO week belongs to the year of its Thursday.
thursdays as (

    select
        days.*,
        {{ add_days('week_start_date', 3) }} as thursday_date,
        cast(date_trunc('year', {{ add_days('week_start_date', 3) }}) as date) as iso_year_start_date
    from days

),

weeks as (

    select
        thursdays.*,
        {{ days_between('iso_year_start_date', 'thursday_date') }} as iso_year_days,
        {{ days_between('week_start_date', 'calendar_date') }} as week_days
    from thursdays

)

select
    weeks.calendar_date,
    weeks.week_start_date,
    cast(extract(year from weeks.thursday_date) as bigint) as iso_year,
    cast(floor(weeks.iso_year_days / cast(7 as double)) + 1 as bigint) as iso_week,
    cast(weeks.week_days + 1 as bigint) as iso_weekday,
    cast(date_trunc('month', weeks.calendar_date) as date) as month_start_date,
    cast(date_trunc('quarter', weeks.calendar_date) as date) as quarter_start_date,
    cast(date_trunc('year', weeks.calendar_date) as date) as year_start_date,
    windows.period_start_date is not null as is_w28_start
from weeks
left join {{ ref('int_windows') }} as windows on weeks.calendar_date = windows.period_start_date
