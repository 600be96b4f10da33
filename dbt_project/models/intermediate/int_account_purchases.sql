-- One row per won deal with an account x cell in whose last two years it was won. is_before: in the first of the two,
-- which makes its account a customer; else in the second, in which a customer stays, buys more, or is gone.
with

observed as (

    select {{ add_days(local_date('max(observed_until)'), 1) }} as observed_until_date from {{ ref('fct_deal') }}

),

cells as (

    select distinct {{ cell() }}
    from {{ ref('int_deal_cells') }}
    where basis = 'closed' and period_grain <> 'month'

),

ends as (

    select
        {{ cell('cells') }},
        case
            when cells.period_grain = 'quarter' then cast({{ dbt.dateadd('month', 3, 'cells.period_start') }} as date)
            else coalesce(windows.until_date, observed.observed_until_date)
        end as until_date,
        observed.observed_until_date
    from cells
    cross join observed
    left join {{ ref('int_purpose_windows') }} as windows
        on cells.purpose_id = windows.purpose_id and cells.period_grain = windows.period_grain

),

years as (

    select
        ends.*,
        cast({{ dbt.dateadd('year', -1, 'until_date') }} as date) as follow_date,
        cast({{ dbt.dateadd('year', -2, 'until_date') }} as date) as begin_date
    from ends
    where until_date <= observed_until_date

),

deals as (

    select
        scopes.purpose_id,
        scopes.unit_type,
        scopes.unit,
        {{ dbt.concat(['deals.source', "'/'", 'deals.account_id']) }} as account_key,
        deals.source,
        deals.deal_id,
        deals.owner_count_key,
        deals.created_date,
        case when deals.outcome = 'won' then deals.closed_date end as won_date,
        case when deals.amount_closed > 0 then deals.amount_closed end as amount,
        case when deals.amount_closed > 0 then deals.amount_currency end as currency
    from {{ ref('fct_deal') }} as deals
    inner join {{ ref('int_deal_scopes') }} as scopes
        on deals.source = scopes.source and deals.deal_id = scopes.deal_id
    where deals.account_id is not null

),

scope_starts as (

    select purpose_id, unit_type, unit, min(created_date) as first_date
    from deals
    group by purpose_id, unit_type, unit

)

select
    {{ cell('years') }},
    deals.source,
    deals.deal_id,
    deals.account_key,
    deals.owner_count_key,
    deals.won_date < years.follow_date as is_before,
    scope_starts.first_date <= years.begin_date as is_observed,
    deals.amount,
    deals.currency
from years
inner join deals
    on
        years.purpose_id = deals.purpose_id
        and years.unit_type = deals.unit_type
        and years.unit = deals.unit
        and deals.won_date >= years.begin_date
        and deals.won_date < years.until_date
inner join scope_starts
    on
        years.purpose_id = scope_starts.purpose_id
        and years.unit_type = scope_starts.unit_type
        and years.unit = scope_starts.unit
