-- One row per deal: what the outcome KPIs need of it, as of its index date (the day it was created).
with

described as (

    select
        deals.*,
        durations.created_date,
        durations.closed_date,
        durations.duration_days,
        durations.duration_reject_reason,
        amounts.amount_created as amount_created_reported,
        amounts.amount_closed,
        amounts.currency as amount_currency,
        amounts.is_amount_of_close,
        coalesce(amounts.is_created_rate_missing, false) as is_created_rate_missing,
        coalesce(amounts.is_closed_rate_missing, false) as is_closed_rate_missing
    from {{ ref('int_deals') }} as deals
    inner join {{ ref('int_deal_durations') }} as durations
        on deals.source = durations.source and deals.deal_id = durations.deal_id
    left join {{ ref('int_deal_amounts') }} as amounts
        on deals.source = amounts.source and deals.deal_id = amounts.deal_id

)

select
    described.source,
    described.deal_id,
    described.account_id,
    described.owner_key,
    described.owner_person_key,
    coalesce(described.owner_person_key, described.owner_key) as owner_count_key,
    described.owner_source,
    coalesce(assignments.org_unit, '_unassigned') as org_unit,
    described.outcome,
    described.created_at,
    described.created_date,
    described.closed_at,
    described.closed_date,
    described.close_source,
    described.is_backdated,
    described.observed_until,
    described.duration_reject_reason,
    described.duration_days,
    described.amount_created_reported as amount_created,
    described.amount_created_source,
    described.amount_closed,
    described.is_amount_of_close,
    described.amount_currency,
    described.is_created_rate_missing,
    described.is_closed_rate_missing,
    coalesce(described.currency, '_single') as currency
from described
left join {{ ref('int_assignments') }} as assignments
    on described.owner_person_key = assignments.person_key
    and described.created_date >= assignments.valid_from_date
    and described.created_date < coalesce(assignments.valid_until_date, cast('9999-12-31' as date))
