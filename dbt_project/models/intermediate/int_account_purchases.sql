-- One row per won deal with an account x cell in whose last two years it was won. is_before: in the first of the two,
-- which makes its account a customer; else in the second, in which a customer stays, buys more, or is gone.
with

observed as (

    select {{ add_days(local_date('max(observed_until)'), 1) }} as observed_until_date from {{ ref('fct_deal') }}

),

deals as (

    select
        scopes.purpose_id,
        scopes.unit_type,
        scopes.unit,
        deals.source,
        deals.deal_id,
        {{ dbt.concat(['deals.source', "'/'", 'deals.account_id']) }} as account_key,
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

),

-- A deal lies in the two years before the end of its own quarter and of the seven that follow.
in_quarters as (

    select
        'quarter' as period_grain,
        cast({{ dbt.dateadd(
            'month', '3 * cast(numbers.n as int)', dbt.date_trunc('quarter', 'deals.won_date')
        ) }} as date) as period_start,
        cast({{ dbt.dateadd(
            'month', '3 * cast(numbers.n as int) + 3', dbt.date_trunc('quarter', 'deals.won_date')
        ) }} as date) as until_date,
        deals.*
    from deals
    cross join ({{ numbers() }}) as numbers
    where deals.won_date is not null and numbers.n < 8

),

in_windows as (

    select
        windows.period_grain,
        windows.from_date as period_start,
        coalesce(windows.until_date, observed.observed_until_date) as until_date,
        deals.*
    from deals
    inner join {{ ref('int_purpose_windows') }} as windows on deals.purpose_id = windows.purpose_id
    cross join observed
    where deals.won_date < coalesce(windows.until_date, observed.observed_until_date)

),

dated as (

    select * from in_quarters
    union all
    select * from in_windows

),

years as (

    select
        dated.*,
        cast({{ dbt.dateadd('year', -1, 'until_date') }} as date) as follow_date,
        cast({{ dbt.dateadd('year', -2, 'until_date') }} as date) as begin_date
    from dated

)

select
    {{ cell('years') }},
    years.source,
    years.deal_id,
    years.account_key,
    years.owner_count_key,
    years.won_date < years.follow_date as is_before,
    scope_starts.first_date <= years.begin_date as is_observed,
    years.amount,
    years.currency
from years
cross join observed
inner join scope_starts
    on
        years.purpose_id = scope_starts.purpose_id
        and years.unit_type = scope_starts.unit_type
        and years.unit = scope_starts.unit
where years.won_date >= years.begin_date and years.until_date <= observed.observed_until_date
