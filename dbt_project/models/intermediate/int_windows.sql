with

weeks as (

    select * from {{ ref('int_weeks') }}

)

select
    {{ add_days('week_end_date', -28) }} as period_start_date,
    week_end_date as period_end_date,
    {{ add_days('week_end_date', -84) }} as habit_start_date,
    week_number - 3 as window_number,
    week_number >= 12 as has_twelve_weeks
from weeks
where week_number >= 4
