with

leaders as (

    select
        fct.*,
        fct.is_classifiable
        and fct.active_weeks_12 >= 9
        and fct.written_12 >= 10
        and fct.replies_12 >= 0.3 * fct.written_12 as is_engaged
    from {{ ref('fct_person_window') }} as fct
    where fct.is_leader

),

-- Too few leaders of a band in a unit roll up to the band, and too few in a band to all leaders.
cells as (

    select
        'leader_band_org_unit' as unit_type,
        leader_band || ' / ' || org_unit as unit,
        leader_band as parent,
        leaders.*
    from leaders
    union all
    select
        'leader_band' as unit_type,
        leader_band as unit,
        '_org' as parent,
        leaders.*
    from leaders
    union all
    select
        'organisation' as unit_type,
        '_org' as unit,
        cast(null as string) as parent,
        leaders.*
    from leaders

)

select
    unit_type,
    unit,
    parent,
    period_start_date,
    count(*) as leaders_n,
    cast(sum(case when is_observable then 1 else 0 end) as bigint) as observable_count,
    cast(sum(case when written_open_count > 0 then 1 else 0 end) as bigint) as active_leaders,
    cast(sum(case when written_tied_count > 0 then 1 else 0 end) as bigint) as purposeful_leaders,
    cast(sum(case when is_classifiable then 1 else 0 end) as bigint) as classifiable_n,
    cast(sum(case when is_engaged then 1 else 0 end) as bigint) as engaged_leaders,
    {{ percentile('posting_day_count', 0.25) }} as posting_days_p25,
    {{ percentile('posting_day_count', 0.5) }} as posting_days,
    {{ percentile('posting_day_count', 0.75) }} as posting_days_p75,
    cast(sum(case when written_count > 0 then 1 else 0 end) as bigint) as writers_n,
    cast(sum(reply_count) as bigint) as replies,
    cast(sum(written_count) as bigint) as written,
    cast(sum(reply_count * reply_count) as bigint) as replies_squared,
    cast(sum(reply_count * written_count) as bigint) as replies_times_written,
    cast(sum(written_count * written_count) as bigint) as written_squared
from cells
group by unit_type, unit, parent, period_start_date
