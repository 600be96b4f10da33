-- One row per cell by closing date with a won deal: the sizes of those won, above zero (C4).
with

won as (

    select
        {{ cell() }},
        owner_count_key,
        case when amount_closed > 0 then amount_closed end as amount,
        case when amount_closed > 0 then amount_currency end as currency
    from {{ ref('int_deal_cells') }}
    where basis = 'closed' and outcome = 'won'

),

sizes as (

    select
        won.*,
        row_number() over (partition by {{ cell() }} order by amount) as size_rank,
        count(*) over (partition by {{ cell() }}) as size_count
    from won
    where amount is not null

),

-- The median's interval: the order statistics whose ranks are n/2 -+ 1.96 sqrt(n)/2.
ranked as (

    select
        sizes.*,
        floor(size_count / 2.0 - 0.979981992270027 * sqrt(size_count)) as low_rank,
        1 + ceil(size_count / 2.0 + 0.979981992270027 * sqrt(size_count)) as high_rank,
        caps.cap_amount,
        case when caps.cap_amount is not null then least(cast(sizes.amount as double), caps.cap_amount) end
            as capped_amount
    from sizes
    left join {{ ref('agg_deal_size_cap') }} as caps
        on sizes.purpose_id = caps.purpose_id and sizes.currency = caps.currency

),

summed as (

    select
        {{ cell() }},
        count(*) as n_sized,
        count(distinct owner_count_key) as n_owners,
        count(distinct currency) as n_currencies,
        min(currency) as currency,
        {{ percentile('amount', 0.5) }} as median,
        max(case when size_rank <= low_rank then amount end) as median_low,
        min(case when size_rank >= high_rank then amount end) as median_high,
        exp(avg(ln(cast(amount as double)))) as geometric_mean,
        max(cap_amount) as cap_amount,
        avg(capped_amount) as winsorised_mean,
        1.959963984540054 * stddev_samp(capped_amount) / sqrt(count(*)) as winsorised_margin,
        sum(amount) as total,
        sum(case when size_rank > size_count - ceil(size_count / 100.0) then amount else 0 end) as top_total
    from ranked
    group by {{ cell() }}

),

counts as (

    select {{ cell() }}, count(*) as n_won
    from won
    group by {{ cell() }}

),

dominance as (

    {{ dominated_cells('won', 'owner_count_key', 'amount') }}

)

select
    {{ cell('counts') }},
    counts.n_won,
    coalesce(summed.n_sized, 0) as n_sized,
    counts.n_won - coalesce(summed.n_sized, 0) as n_won_unsized,
    coalesce(summed.n_owners, 0) as n_owners,
    coalesce(summed.n_currencies, 0) as n_currencies,
    case when summed.n_currencies = 1 then summed.currency end as currency,
    case when summed.n_currencies = 1 then summed.median end as median,
    case when summed.n_currencies = 1 then cast(summed.median_low as double) end as median_low,
    case when summed.n_currencies = 1 then cast(summed.median_high as double) end as median_high,
    case when summed.n_currencies = 1 then {{ rounded('summed.geometric_mean', 2) }} end as geometric_mean,
    case when summed.n_currencies = 1 then summed.cap_amount end as cap_amount,
    case when summed.n_currencies = 1 then {{ rounded('summed.winsorised_mean', 2) }} end as winsorised_mean,
    case when summed.n_currencies = 1 then {{ rounded('summed.winsorised_margin', 2) }} end as winsorised_margin,
    case when summed.n_currencies = 1 then cast(summed.total as decimal(18, 2)) end as total,
    case when summed.n_currencies = 1 then summed.top_total > summed.total / 4 end as is_heavy_tailed,
    coalesce(dominance.is_dominated, false) as is_dominated
from counts
left join summed on {{ same_cell('counts', 'summed') }}
left join dominance on {{ same_cell('counts', 'dominance') }}
