-- One row per cell by closing date: the share won of the deals decided (C1), and of their amount (C1a).
with

deals as (

    select
        {{ cell() }},
        owner_count_key,
        case when outcome = 'won' then 1 else 0 end as is_won,
        case when amount_closed > 0 then amount_closed end as amount,
        case when amount_closed > 0 then amount_currency end as currency
    from {{ ref('int_deal_cells') }}
    where basis = 'closed'

),

counts as (

    select
        {{ cell() }},
        sum(is_won) as n_won,
        sum(1 - is_won) as n_lost,
        count(distinct owner_count_key) as n_owners,
        count(amount) as n_weighed,
        sum(case when amount is not null then is_won else 0 end) as n_weighed_won,
        count(distinct case when amount is not null then owner_count_key end) as n_weighed_owners,
        count(distinct currency) as n_currencies,
        min(currency) as currency,
        cast(sum(amount * is_won) as double) as won_amount,
        cast(sum(amount) as double) as decided_amount
    from deals
    group by {{ cell() }}

),

-- Delta method for a ratio of sums, the deal as unit: what each deal adds to or takes from the ratio that was found.
errors as (

    select
        {{ cell('deals') }},
        sqrt(
            {{ safe_divide('max(counts.n_weighed)', 'max(counts.n_weighed) - 1') }}
            * sum(
                power(
                    cast(deals.amount as double)
                    * (deals.is_won - counts.won_amount / counts.decided_amount) / counts.decided_amount, 2
                )
            )
        ) as standard_error
    from deals
    inner join counts on {{ same_cell('deals', 'counts') }}
    where deals.amount is not null
    group by {{ cell('deals') }}

),

dominance as (

    {{ dominated_cells('deals', 'owner_count_key', 'amount') }}

),

rates as (

    select
        counts.*,
        {{ safe_divide('counts.won_amount', 'counts.decided_amount') }} as amount_rate,
        1.959963984540054 * errors.standard_error as margin,
        coalesce(dominance.is_dominated, false) as is_dominated
    from counts
    left join errors on {{ same_cell('counts', 'errors') }}
    left join dominance on {{ same_cell('counts', 'dominance') }}

)

select
    {{ cell() }},
    cast(n_won as bigint) as n_won,
    cast(n_lost as bigint) as n_lost,
    n_owners,
    {{ rounded(safe_divide('n_won', 'n_won + n_lost')) }} as win_rate,
    {{ rounded(wilson_low('n_won', '(n_won + n_lost)')) }} as win_rate_low,
    {{ rounded(wilson_high('n_won', '(n_won + n_lost)')) }} as win_rate_high,
    n_weighed,
    cast(n_weighed_won as bigint) as n_weighed_won,
    n_weighed_owners,
    n_currencies,
    case when n_currencies = 1 then currency end as currency,
    case when n_currencies = 1 then {{ rounded('amount_rate') }} end as amount_rate,
    case when n_currencies = 1 then {{ rounded('greatest(amount_rate - margin, 0)') }} end as amount_rate_low,
    case when n_currencies = 1 then {{ rounded('least(amount_rate + margin, 1)') }} end as amount_rate_high,
    is_dominated
from rates
