-- One row per deal: its local days and how long it took, or why that cannot be said.
with

deals as (

    select
        source,
        deal_id,
        outcome,
        {{ local_date("created_at") }} as created_date,
        {{ local_date("observed_until") }} as observed_date,
        -- a deal that stands closed in an export was closed by then, whatever its editable date says
        case
            when closed_at is not null
                then least({{ local_date("closed_at") }}, {{ local_date("observed_until") }})
        end as closed_date
    from {{ ref('int_deals') }}

),

timed as (

    select
        deals.*,
        {{ dbt.datediff('created_date', "case when outcome = 'open' then observed_date else closed_date end", 'day') }}
            as day_count
    from deals

),

judged as (

    select
        timed.*,
        case
            when outcome is null then 'outcome_unknown'
            when created_date is null then 'created_unknown'
            when outcome <> 'open' and closed_date is null then 'closed_unknown'
            when outcome <> 'open' and day_count < 0 then 'closed_before_created'
            when day_count is null or day_count < 0 then 'created_after_observed'
        end as duration_reject_reason
    from timed

)

select
    source,
    deal_id,
    created_date,
    closed_date,
    observed_date,
    duration_reject_reason,
    case
        when duration_reject_reason is not null then null
        when day_count = 0 then cast(0.5 as double)
        else cast(day_count as double)
    end as duration_days
from judged
