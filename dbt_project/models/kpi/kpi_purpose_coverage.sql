with

units as (

    select
        released.unit_type,
        released.unit,
        released.period_start_date,
        released.eligible_n,
        released.observable_count,
        released.eligible_hidden,
        coalesce(sums.contributors_n, 0) as purpose_coverage_n,
        sums.tied as purpose_coverage_x,
        sums.contributions as purpose_coverage_y,
        sums.tied_squared as purpose_coverage_xx,
        sums.tied_times_contributions as purpose_coverage_xy,
        sums.contributions_squared as purpose_coverage_yy,
        coalesce(sums.contributors_n, 0) as purpose_coverage_days_n,
        sums.tied_days as purpose_coverage_days_x,
        sums.active_days as purpose_coverage_days_y,
        sums.tied_days_squared as purpose_coverage_days_xx,
        sums.tied_times_active_days as purpose_coverage_days_xy,
        sums.active_days_squared as purpose_coverage_days_yy
    from {{ ref('fct_unit_release') }} as released
    left join {{ ref('agg_purpose_coverage') }} as sums
        on
            released.unit_type = sums.unit_type
            and released.unit = sums.unit
            and released.period_start_date = sums.period_start_date
    where released.eligible_n > 0

),

hidden as (

    select
        units.*,
        {{ hidden_reason(
            'purpose_coverage', within='period_start_date', is_part="unit_type = 'org_unit'", released='eligible_hidden'
        ) }},
        {{ hidden_reason(
            'purpose_coverage_days', within='period_start_date', is_part="unit_type = 'org_unit'", released='eligible_hidden'
        ) }}
    from units

),

purposes as (

    select
        'organisation' as unit_type,
        period_start_date,
        count(*) as declared_count,
        cast(sum(case when is_measurable then 1 else 0 end) as bigint) as measurable_count,
        cast(sum(case when is_ended then 0 else 1 end) as bigint) as running_count,
        cast(
            sum(case when not is_ended and not {{ below_k('contributor_count') }} then 1 else 0 end) as bigint
        ) as live_count
    from {{ ref('fct_purpose_window') }}
    group by period_start_date

)

select
    '_org' as purpose_id,
    hidden.unit_type,
    hidden.unit,
    hidden.period_start_date as period_start,
    'w28' as period_grain,
    {{ family_version('P') }} as metric_version,
    case
        when hidden.eligible_hidden is null or hidden.eligible_hidden = 'not_observable'
            then {{ safe_divide('hidden.observable_count', 'hidden.eligible_n') }}
    end as coverage,
    {{ ratio_columns('purpose_coverage') }},
    {{ ratio_columns('purpose_coverage_days') }},
    {{ safe_divide('purposes.measurable_count', 'purposes.declared_count') }} as measurable_purpose_share,
    case when hidden.unit_type = 'organisation' then coalesce(purposes.declared_count, 0) end
        as measurable_purpose_share_n,
    case when hidden.unit_type = 'organisation' and purposes.declared_count is null then 'insufficient_n' end
        as measurable_purpose_share_suppressed_reason,
    {{ safe_divide('purposes.live_count', 'purposes.running_count') }} as live_purpose_share,
    case when hidden.unit_type = 'organisation' then coalesce(purposes.running_count, 0) end
        as live_purpose_share_n,
    case
        when
            hidden.unit_type = 'organisation' and coalesce(purposes.running_count, 0) = 0
            then 'insufficient_n'
    end
        as live_purpose_share_suppressed_reason
from hidden
left join purposes
    on hidden.unit_type = purposes.unit_type and hidden.period_start_date = purposes.period_start_date
