select
    windows.period_start_date,
    windows.period_end_date,
    weeks.week_start_date
from {{ ref('int_windows') }} as windows
inner join {{ ref('int_weeks') }} as weeks
    on weeks.week_start_date >= windows.period_start_date and weeks.week_start_date < windows.period_end_date
