with

tools as (

    select distinct source from {{ ref('int_spaces') }}

),

numbers as (

    {{ numbers() }}

),

files as (

    select files.*
    from {{ ref('stg_throughline__files') }} as files
    inner join tools on files.source = tools.source
    where files.state <> 'quarantined'

),

observed as (

    select
        {{ local_date('min(observed_from)') }} as from_date,
        {{ local_date('max(observed_until)') }} as until_date
    from files

),

-- The first observed day may begin with the first message; the day of the last one is not over.
mondays as (

    select
        from_date,
        until_date,
        case
            when {{ week_start('from_date') }} = from_date then from_date
            else {{ add_days(week_start('from_date'), 7) }}
        end as first_monday_date
    from observed
    where from_date is not null

),

weeks as (

    select
        {{ add_days('mondays.first_monday_date', '7 * cast(numbers.n as int)') }} as week_start_date,
        numbers.n + 1 as week_number,
        mondays.until_date
    from mondays
    cross join numbers

)

select
    week_start_date,
    {{ add_days('week_start_date', 7) }} as week_end_date,
    week_number
from weeks
where {{ add_days('week_start_date', 7) }} <= until_date
