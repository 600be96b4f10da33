-- One row per design x deal of its population or its controls, created since its window began, with the outcome.
-- Person rows: restricted. is_treated: landmark, linked in time; by lot, drawn; else of the population.
with

-- What was decided after the last day that counts was open then.
seen as (

    select
        dated.*,
        case when duration_days > observed_days + 1 then 'open' else outcome end as seen_outcome,
        case when duration_days > observed_days + 1 then cast(observed_days as double) else duration_days end
            as seen_days
    from {{ ref('fct_design_candidate') }} as dated

),

numbered as (

    select
        seen.*,
        cast(floor(cast(days_since_start as double) / 91) as bigint) as period_no
    from seen

),

timed as (

    select
        numbered.*,
        created_date >= start_date as is_post,
        case when method = 'landmark' then landmark_days else 0 end as index_days,
        method = 'landmark' and coalesce(link_days <= landmark_days, false) as is_linked_in_time
    from numbered
    -- what was created just before the start may already have been touched by it
    where created_date >= start_date or period_no < -anticipation_periods

),

followed as (

    select
        timed.*,
        duration_reject_reason is null
        and (seen_days > index_days or (seen_outcome = 'open' and observed_days >= index_days) or index_days = 0)
            as is_open_at_index,
        observed_days >= index_days + horizon_days as is_followed
    from timed

)

select
    design_id,
    purpose_id,
    source,
    deal_id,
    method,
    outcome_kind,
    {{ surrogate_key(['design_id', 'org_unit']) }} as cluster_id,
    owner_count_key,
    case
        when method = 'landmark' then is_linked_in_time
        when method = 'randomised' then coalesce(is_drawn, false)
        else is_population
    end as is_treated,
    is_population,
    is_post,
    period_no,
    team_start_date,
    created_date,
    cast(date_trunc('quarter', created_date) as date) as created_quarter,
    amount_created,
    seen_outcome as outcome,
    observed_date,
    seen_days as duration_days,
    duration_reject_reason,
    is_ever_linked,
    first_link_date,
    link_days,
    is_open_at_index,
    is_followed,
    -- the outcome, counted from the index; NULL where it cannot be known yet
    case
        when not is_open_at_index or not is_followed then null
        when outcome_kind = 'won' and seen_outcome = 'won' and seen_days - index_days <= horizon_days
            then cast(1 as double)
        when outcome_kind = 'won' then cast(0 as double)
        else least(seen_days - index_days, cast(horizon_days as double))
    end as y,
    seen_days - index_days as days_from_index
from followed
