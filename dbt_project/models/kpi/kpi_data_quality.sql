-- One row per source x UTC day on which files of it arrived.
with

files as (

    select
        source,
        file_id,
        state,
        cast(seen_at as date) as seen_date,
        seen_at,
        observed_until,
        rows_in,
        rows_loaded,
        rows_rejected,
        rows_duplicate
    from {{ ref('stg_throughline__files') }}

),

days as (

    select
        source,
        seen_date,
        sum(case when state <> 'quarantined' then 1 else 0 end) as file_count,
        sum(case when state = 'quarantined' then 1 else 0 end) as quarantined_file_count,
        sum(rows_in) as rows_in,
        sum(rows_loaded) as rows_loaded,
        sum(rows_rejected) as rows_rejected,
        sum(rows_duplicate) as rows_duplicate,
        max(seen_at) as last_seen_at,
        max(case when state <> 'quarantined' then observed_until end) as observed_until
    from files
    group by source, seen_date

),

so_far as (

    select
        days.*,
        max(observed_until) over (
            partition by source order by seen_date rows between unbounded preceding and current row
        ) as observed_until_so_far,
        row_number() over (partition by source order by seen_date desc) as day_from_last
    from days

),

-- Without a roster nobody can be matched: that is unknown, not zero.
matches as (

    select
        source,
        account_count,
        case when roster_count > 0 then matched_count end as matched_account_count
    from {{ ref('int_people_match') }}

)

select
    so_far.source,
    so_far.seen_date,
    cast(so_far.file_count as bigint) as file_count,
    cast(so_far.quarantined_file_count as bigint) as quarantined_file_count,
    cast(so_far.rows_in as bigint) as rows_in,
    cast(so_far.rows_loaded as bigint) as rows_loaded,
    cast(so_far.rows_rejected as bigint) as rows_rejected,
    cast(so_far.rows_duplicate as bigint) as rows_duplicate,
    reasons.rejected_by_reason,
    so_far.observed_until_so_far as observed_until,
    {{ hours_between('so_far.observed_until_so_far', 'so_far.last_seen_at') }} as freshness_hours,
    -- the people are matched as of this build, so the share belongs to the source's last day only
    case when so_far.day_from_last = 1 then cast(matches.account_count as bigint) end as account_count,
    case
        when so_far.day_from_last = 1 and not {{ below_k('matches.account_count') }}
            then {{ safe_divide('matches.matched_account_count', 'matches.account_count') }}
    end as people_match_share,
    {{ safe_divide('drift.used_count', 'drift.used_count + drift.missing_count') }} as column_coverage,
    cast(drift.missing_count as bigint) as missing_column_count,
    drift.missing_columns,
    cast(drift.new_count as bigint) as new_column_count,
    drift.new_columns,
    -- of this build too, so of the source's last day only
    case when so_far.day_from_last = 1 then cast(inputs.total_count as bigint) end as match_count,
    case when so_far.day_from_last = 1 then {{ safe_divide('inputs.matched_count', 'inputs.total_count') }} end
        as match_share
from so_far
left join {{ ref('int_column_drift') }} as drift
    on so_far.source = drift.source and so_far.seen_date = drift.seen_date
left join {{ ref('int_rejected_rows') }} as reasons
    on so_far.source = reasons.source and so_far.seen_date = reasons.seen_date
left join matches
    on so_far.source = matches.source
left join {{ ref('int_input_match') }} as inputs
    on so_far.source = inputs.source
