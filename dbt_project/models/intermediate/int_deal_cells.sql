-- One row per deal x basis x cell that it belongs to. A cell is purpose x unit x period; the basis says which
-- date puts a deal into the period: created (cohorts) or closed (deals decided in the period).
with

deals as (

    select
        scopes.purpose_id,
        scopes.unit_type,
        scopes.unit,
        deals.source,
        deals.deal_id,
        deals.account_id,
        deals.owner_count_key,
        deals.outcome,
        deals.created_date,
        deals.closed_date,
        deals.duration_days,
        deals.amount_created,
        deals.amount_closed,
        deals.amount_currency
    from {{ ref('fct_deal') }} as deals
    inner join {{ ref('int_deal_scopes') }} as scopes
        on deals.source = scopes.source and deals.deal_id = scopes.deal_id

),

dated as (

    select 'created' as basis, created_date as index_date, deals.* from deals
    union all
    select 'closed', closed_date, deals.* from deals where outcome <> 'open' and closed_date is not null

),

periods as (

    {{ in_periods('dated') }}

)

select
    basis,
    purpose_id,
    unit_type,
    unit,
    period_grain,
    period_start,
    source,
    deal_id,
    account_id,
    owner_count_key,
    outcome,
    duration_days,
    amount_created,
    amount_closed,
    amount_currency
from periods
