-- One row per cell by closing date: the accounts that bought in the year before the last one, and what they did in the
-- last year before the cell's end (C5). New accounts are in none of the sums.
with

accounts as (

    select
        {{ cell() }},
        account_key,
        max(case when is_before then 0 else 1 end) as is_retained,
        cast(sum(case when is_before then amount else 0 end) as double) as amount_before,
        cast(sum(case when is_before then 0 else amount end) as double) as amount_after
    from {{ ref('int_account_purchases') }}
    group by {{ cell() }}, account_key
    having max(case when is_before then 1 else 0 end) = 1

),

valued as (

    select
        accounts.*,
        case when amount_before > 0 then amount_before end as base,
        case when amount_before > 0 then coalesce(amount_after, 0) end as net,
        case when amount_before > 0 then least(amount_before, coalesce(amount_after, 0)) end as gross
    from accounts

),

sums as (

    select
        {{ cell() }},
        count(*) as n_accounts,
        sum(is_retained) as n_retained,
        count(base) as n_valued,
        sum(base) as base,
        sum(net) / sum(base) as net_ratio,
        sum(gross) / sum(base) as gross_ratio
    from valued
    group by {{ cell() }}

),

-- Delta method for a ratio of sums, the account as unit.
errors as (

    select
        {{ cell('valued') }},
        1.959963984540054 * sqrt(
            {{ safe_divide('max(sums.n_valued)', 'max(sums.n_valued) - 1') }}
            * sum(power((valued.net - sums.net_ratio * valued.base) / sums.base, 2))
        ) as net_margin,
        1.959963984540054 * sqrt(
            {{ safe_divide('max(sums.n_valued)', 'max(sums.n_valued) - 1') }}
            * sum(power((valued.gross - sums.gross_ratio * valued.base) / sums.base, 2))
        ) as gross_margin
    from valued
    inner join sums on {{ same_cell('valued', 'sums') }}
    where valued.base is not null
    group by {{ cell('valued') }}

),

owners as (

    select
        {{ cell() }},
        count(distinct case when is_before then owner_count_key end) as n_owners,
        count(distinct currency) as n_currencies,
        min(case when is_observed then 1 else 0 end) = 1 as is_observed
    from {{ ref('int_account_purchases') }}
    group by {{ cell() }}

),

dominance as (

    {{ dominated_cells('valued', 'account_key', 'base') }}

)

select
    {{ cell('sums') }},
    sums.n_accounts,
    cast(sums.n_retained as bigint) as n_retained,
    sums.n_valued,
    owners.n_owners,
    owners.n_currencies,
    owners.is_observed,
    {{ rounded(safe_divide('sums.n_retained', 'sums.n_accounts')) }} as logo_retention,
    {{ rounded(wilson_low('sums.n_retained', 'sums.n_accounts')) }} as logo_low,
    {{ rounded(wilson_high('sums.n_retained', 'sums.n_accounts')) }} as logo_high,
    case when owners.n_currencies = 1 then {{ rounded('sums.gross_ratio') }} end as gross_retention,
    case when owners.n_currencies = 1 then {{ rounded('greatest(sums.gross_ratio - errors.gross_margin, 0)') }} end
        as gross_low,
    case when owners.n_currencies = 1 then {{ rounded('least(sums.gross_ratio + errors.gross_margin, 1)') }} end
        as gross_high,
    case when owners.n_currencies = 1 then {{ rounded('sums.net_ratio') }} end as net_retention,
    case when owners.n_currencies = 1 then {{ rounded('greatest(sums.net_ratio - errors.net_margin, 0)') }} end
        as net_low,
    case when owners.n_currencies = 1 then {{ rounded('sums.net_ratio + errors.net_margin') }} end as net_high,
    coalesce(dominance.is_dominated, false) as is_dominated
from sums
inner join owners on {{ same_cell('sums', 'owners') }}
left join errors on {{ same_cell('sums', 'errors') }}
left join dominance on {{ same_cell('sums', 'dominance') }}
