-- One row per deal: what the outcome KPIs need of it, as of its index date (the day it was created).
with

deals as (

    select
        deals.*,
        {{ local_date("deals.created_at") }} as created_date,
        {{ local_date("deals.observed_until") }} as observed_date,
        -- a deal that stands closed in an export was closed by then, whatever its editable date says
        case
            when deals.closed_at is not null
                then least({{ local_date("deals.closed_at") }}, {{ local_date("deals.observed_until") }})
        end as closed_date
    from {{ ref('int_deals') }} as deals

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
    judged.source,
    judged.deal_id,
    judged.account_id,
    judged.owner_key,
    judged.owner_person_key,
    coalesce(judged.owner_person_key, judged.owner_key) as owner_count_key,
    coalesce(assignments.org_unit, '_unassigned') as org_unit,
    judged.outcome,
    judged.created_at,
    judged.created_date,
    judged.closed_at,
    judged.closed_date,
    judged.close_source,
    judged.is_backdated,
    judged.observed_until,
    judged.duration_reject_reason,
    case
        when judged.duration_reject_reason is not null then null
        when judged.day_count = 0 then cast(0.5 as double)
        else cast(judged.day_count as double)
    end as duration_days,
    judged.amount,
    judged.amount_created,
    judged.amount_created_source,
    coalesce(judged.currency, '_single') as currency
from judged
left join {{ ref('int_assignments') }} as assignments
    on judged.owner_person_key = assignments.person_key
    and judged.created_date >= assignments.valid_from_date
    and (judged.created_date < assignments.valid_until_date or assignments.valid_until_date is null)
