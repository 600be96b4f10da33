-- One row per purpose x currency: the P99 of its baseline's won amounts, above which the winsorised mean counts no
-- more. The baseline's and not the period's own, which would move with the outcome. The organisation, and a purpose
-- without a baseline, has that of the first twelve months in which deals were won.
with

won as (

    select
        purpose_id,
        unit_type,
        period_grain,
        period_start,
        amount_currency,
        amount_closed
    from {{ ref('int_deal_cells') }}
    where
        basis = 'closed' and outcome = 'won' and amount_closed > 0
        and (period_grain = 'baseline' or (unit_type = 'organisation' and period_grain = 'month'))

),

first_months as (

    select min(period_start) as first_month from won where unit_type = 'organisation'

),

baselines as (

    select won.purpose_id, won.amount_currency, won.amount_closed
    from won
    where won.period_grain = 'baseline'
    union all
    select won.purpose_id, won.amount_currency, won.amount_closed
    from won
    cross join first_months
    where
        won.unit_type = 'organisation'
        and won.period_start < cast({{ dbt.dateadd('month', 12, 'first_months.first_month') }} as date)

),

-- From fewer than 30 deals a P99 is hardly more than their largest.
caps as (

    select
        purpose_id,
        amount_currency as currency,
        case when count(*) >= 30 then {{ rounded(percentile('amount_closed', 0.99), 2) }} end as cap_amount
    from baselines
    group by purpose_id, amount_currency

),

purposes as (

    select '_org' as purpose_id
    union
    select purpose_id from {{ ref('int_purpose_registry') }}

)

select
    purposes.purpose_id,
    of_organisation.currency,
    coalesce(of_purpose.cap_amount, of_organisation.cap_amount) as cap_amount
from purposes
inner join caps as of_organisation
    on of_organisation.purpose_id = '_org'
left join caps as of_purpose
    on purposes.purpose_id = of_purpose.purpose_id and of_organisation.currency = of_purpose.currency
