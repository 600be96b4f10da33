-- One row per deal with an amount: what it was when it was created and when it closed, in the reporting currency.
-- Each amount is put into it at the rate of its own month, so that a later rate never moves an earlier number.
with

deals as (

    select
        deals.source,
        deals.deal_id,
        deals.currency,
        deals.amount_created,
        durations.created_date,
        case when deals.outcome in ('won', 'lost') then durations.closed_date end as closed_date
    from {{ ref('int_deals') }} as deals
    inner join {{ ref('int_deal_durations') }} as durations
        on deals.source = durations.source and deals.deal_id = durations.deal_id

),

-- As it stood at the end of the day of the close; where nothing tells that, the first that is told later.
closing_amounts as (

    select
        versions.source,
        versions.deal_id,
        versions.amount,
        {{ local_date("versions.valid_from_at") }} <= deals.closed_date as is_amount_of_close,
        versions.version_no
    from deals
    inner join {{ ref('int_deal_versions') }} as versions
        on deals.source = versions.source and deals.deal_id = versions.deal_id
    where deals.closed_date is not null and versions.amount is not null

),

nearest as (

    select
        closing_amounts.*,
        row_number() over (
            partition by source, deal_id
            order by
                case when is_amount_of_close then 0 else 1 end,
                case when is_amount_of_close then -version_no else version_no end
        ) as nearness
    from closing_amounts

),

reporting as (

    select max(reporting_currency) as reporting_currency from {{ ref('int_rates') }}

),

rated as (

    select
        deals.*,
        reporting.reporting_currency,
        nearest.amount as amount_closed,
        nearest.is_amount_of_close,
        rates_created.rate as rate_created,
        rates_closed.rate as rate_closed,
        -- without a reporting currency, and where the CRM names no currency, an amount stays what it is
        reporting.reporting_currency is null or deals.currency is null or deals.currency = reporting.reporting_currency
            as is_own_money
    from deals
    cross join reporting
    left join nearest
        on deals.source = nearest.source and deals.deal_id = nearest.deal_id and nearest.nearness = 1
    left join {{ ref('int_rates') }} as rates_created
        on
            deals.currency = rates_created.currency
            and cast(date_trunc('month', deals.created_date) as date) = rates_created.month_start
    left join {{ ref('int_rates') }} as rates_closed
        on
            deals.currency = rates_closed.currency
            and cast(date_trunc('month', deals.closed_date) as date) = rates_closed.month_start

)

select
    source,
    deal_id,
    case when is_own_money then coalesce(currency, '_single') else reporting_currency end as currency,
    case when is_own_money then amount_created else {{ converted('amount_created', 'rate_created') }} end
        as amount_created,
    case when is_own_money then amount_closed else {{ converted('amount_closed', 'rate_closed') }} end as amount_closed,
    is_amount_of_close,
    not is_own_money and amount_created is not null and rate_created is null as is_created_rate_missing,
    not is_own_money and amount_closed is not null and rate_closed is null as is_closed_rate_missing
from rated
where amount_created is not null or amount_closed is not null
