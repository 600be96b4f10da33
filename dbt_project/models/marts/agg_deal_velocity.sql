-- One row per cell by closing date: what passes through the pipeline a day, and the four numbers it is made of (C3):
-- qualified deals open at the period's end x share won x mean value of the won / mean days from created to closed.
with

closed as (

    select
        {{ cell() }},
        owner_count_key,
        case when outcome = 'won' then 1 else 0 end as is_won,
        case when outcome = 'won' and amount_closed > 0 then cast(amount_closed as double) end as size_amount,
        case when outcome = 'won' and amount_closed > 0 then amount_currency end as currency,
        duration_days
    from {{ ref('int_deal_cells') }}
    where basis = 'closed'

),

parts as (

    select
        {{ cell() }},
        cast(count(*) as double) as n_closed,
        cast(sum(is_won) as double) as n_won,
        cast(count(size_amount) as double) as n_sized,
        cast(count(duration_days) as double) as n_timed,
        count(distinct owner_count_key) as n_owners,
        count(distinct case when size_amount is not null then owner_count_key end) as n_size_owners,
        count(distinct currency) as n_currencies,
        min(currency) as currency,
        avg(size_amount) as mean_value,
        stddev_samp(size_amount) as sd_value,
        avg(duration_days) as mean_days,
        stddev_samp(duration_days) as sd_days
    from closed
    group by {{ cell() }}

),

-- What each deal adds to the logarithm of share x value / days; the three come from the same deals and move together.
influences as (

    select
        {{ cell('closed') }},
        sum(power(
            closed.is_won / parts.n_won - 1 / parts.n_closed
            + case when closed.size_amount is not null and parts.n_sized > 0
                then (closed.size_amount / parts.mean_value - 1) / parts.n_sized else 0 end
            - case when closed.duration_days is not null and parts.n_timed > 0
                then (closed.duration_days / parts.mean_days - 1) / parts.n_timed else 0 end,
            2
        )) as log_variance
    from closed
    inner join parts on {{ same_cell('closed', 'parts') }}
    where parts.n_won > 0
    group by {{ cell('closed') }}

),

open_deals as (

    select * from {{ ref('agg_deal_open') }}

),

dominance as (

    {{ dominated_cells('closed', 'owner_count_key', 'size_amount') }}

)

-- The number of open deals counts as a draw too: its logarithm varies by 1 / n.
select
    {{ cell('parts') }},
    cast(parts.n_closed as bigint) as n_closed,
    cast(parts.n_won as bigint) as n_won,
    cast(parts.n_sized as bigint) as n_sized,
    cast(parts.n_timed as bigint) as n_timed,
    parts.n_owners,
    parts.n_size_owners,
    open_deals.n_open,
    open_deals.n_owners as n_open_owners,
    parts.n_currencies,
    case when parts.n_currencies = 1 then parts.currency end as currency,
    {{ rounded(safe_divide('parts.n_won', 'parts.n_closed')) }} as win_rate,
    {{ rounded(wilson_low('parts.n_won', 'parts.n_closed')) }} as win_rate_low,
    {{ rounded(wilson_high('parts.n_won', 'parts.n_closed')) }} as win_rate_high,
    case when parts.n_currencies = 1 then {{ rounded('parts.mean_value', 2) }} end as mean_value,
    case when parts.n_currencies = 1
        then {{ rounded('1.959963984540054 * parts.sd_value / sqrt(parts.n_sized)', 2) }} end as mean_value_margin,
    {{ rounded('parts.mean_days') }} as mean_days,
    {{ rounded('1.959963984540054 * parts.sd_days / sqrt(parts.n_timed)') }} as mean_days_margin,
    case when parts.n_currencies = 1 then {{ rounded(
        'open_deals.n_open * parts.n_won / parts.n_closed * parts.mean_value / parts.mean_days', 2
    ) }} end as velocity,
    case when parts.n_currencies = 1 and open_deals.n_open > 0
        then {{ rounded('sqrt(influences.log_variance + 1 / cast(open_deals.n_open as double))') }} end as log_error,
    coalesce(dominance.is_dominated, false) as is_dominated
from parts
left join influences on {{ same_cell('parts', 'influences') }}
left join open_deals on {{ same_cell('parts', 'open_deals') }}
left join dominance on {{ same_cell('parts', 'dominance') }}
