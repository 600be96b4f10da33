-- Sums of what people did in a window, as vendors add it up, and how steady the weeks before its end were.
with

days as (

    select
        days.*,
        windows.period_start_date
    from {{ ref('fct_person_day') }} as days
    inner join {{ ref('int_windows') }} as windows
        on days.occurred_date >= windows.period_start_date and days.occurred_date < windows.period_end_date

),

broadcasts as (

    select
        person_key,
        occurred_date,
        count(*) as broadcast_count
    from {{ ref('int_interactions') }}
    where is_contribution and is_broadcast and person_key is not null and {{ touched('occurred_date', 0, 27) }}
    group by person_key, occurred_date

),

sums as (

    select
        days.period_start_date,
        count(distinct days.person_key) as people,
        sum(days.contribution_count + days.tag_count + days.mention_count + days.file_count) as mae,
        sum(days.contribution_count - coalesce(broadcasts.broadcast_count, 0)) as collaboration
    from days
    left join broadcasts
        on days.person_key = broadcasts.person_key and days.occurred_date = broadcasts.occurred_date
    group by days.period_start_date

),

weeks as (

    select
        weeks.week_end_date,
        cast(coalesce(sum(activity.contribution_count), 0) as double) as contribution_count
    from {{ ref('int_weeks') }} as weeks
    left join {{ ref('fct_person_week') }} as activity on weeks.week_start_date = activity.week_start_date
    group by weeks.week_end_date

),

steadiness as (

    select
        week_end_date,
        count(*) over twelve_weeks as week_count,
        avg(contribution_count) over twelve_weeks as mean_count,
        stddev_samp(contribution_count) over twelve_weeks as deviation
    from weeks
    window twelve_weeks as (order by week_end_date rows between 11 preceding and current row)

)

select
    period_start_date,
    {{ lens_number('tygraph.mae', 'mae', n='people', people='people') }}
from sums
union all
select
    period_start_date,
    {{ lens_number('worklytics.collaboration', 'collaboration', n='people', people='people') }}
from sums
union all
select
    sums.period_start_date,
    {{ lens_number(
        'worklytics.cv12wk', rounded(safe_divide('steadiness.deviation', 'steadiness.mean_count')),
        n='sums.people', people='sums.people',
        own_reason="case when steadiness.week_count < 12 then 'insufficient_n' end",
    ) }}
from sums
inner join {{ ref('int_windows') }} as windows on sums.period_start_date = windows.period_start_date
inner join steadiness on windows.period_end_date = steadiness.week_end_date
