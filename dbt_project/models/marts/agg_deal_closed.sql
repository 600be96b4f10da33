-- One row per cell by closing date: deals won and lost (C1) and the sizes of the won ones (C4).
with

deals as (

    select
        cells.*,
        case when outcome = 'won' and amount > 0 then amount end as size_amount,
        case when outcome = 'won' and amount > 0 then owner_count_key end as size_owner_key
    from {{ ref('int_deal_cells') }} as cells
    where basis = 'closed'

),

counts as (

    select
        {{ cell() }},
        sum(case when outcome = 'won' then 1 else 0 end) as n_won,
        sum(case when outcome = 'lost' then 1 else 0 end) as n_lost,
        count(distinct owner_count_key) as n_owners,
        count(size_amount) as n_sized,
        count(distinct size_owner_key) as n_size_owners,
        count(distinct case when size_amount is not null then currency end) as n_currencies,
        min(case when size_amount is not null then currency end) as currency,
        {{ percentile('size_amount', 0.5) }} as size_median,
        exp(avg(ln(cast(size_amount as double)))) as size_geometric_mean,
        sum(size_amount) as size_total
    from deals
    group by {{ cell() }}

),

-- The median's interval: the order statistics whose ranks are n/2 -+ 1.96 sqrt(n)/2.
sizes as (

    select
        {{ cell() }},
        size_amount,
        row_number() over (partition by {{ cell() }} order by size_amount) as size_rank,
        count(*) over (partition by {{ cell() }}) as size_count
    from deals
    where size_amount is not null

),

bounds as (

    select
        {{ cell() }},
        max(case when size_rank <= floor(size_count / 2.0 - half_width) then size_amount end) as low,
        min(case when size_rank >= 1 + ceil(size_count / 2.0 + half_width) then size_amount end) as high
    from (
        select
            sizes.*,
            0.979981992270027 * sqrt(size_count) as half_width
        from sizes
    ) as ranked
    group by {{ cell() }}

),

dominance as (

    {{ dominated_cells('deals', 'size_owner_key', 'size_amount') }}

)

select
    {{ cell('counts') }},
    cast(counts.n_won as bigint) as n_won,
    cast(counts.n_lost as bigint) as n_lost,
    counts.n_owners,
    {{ rounded(safe_divide('counts.n_won', 'counts.n_won + counts.n_lost')) }} as win_rate,
    {{ rounded(wilson_low('counts.n_won', '(counts.n_won + counts.n_lost)')) }} as win_rate_low,
    {{ rounded(wilson_high('counts.n_won', '(counts.n_won + counts.n_lost)')) }} as win_rate_high,
    counts.n_sized,
    cast(counts.n_won - counts.n_sized as bigint) as n_won_unsized,
    counts.n_size_owners,
    counts.n_currencies,
    case when counts.n_currencies = 1 then counts.currency end as currency,
    case when counts.n_currencies = 1 then counts.size_median end as size_median,
    case when counts.n_currencies = 1 then cast(bounds.low as double) end as size_median_low,
    case when counts.n_currencies = 1 then cast(bounds.high as double) end as size_median_high,
    case when counts.n_currencies = 1 then {{ rounded('counts.size_geometric_mean', 2) }} end as size_geometric_mean,
    case when counts.n_currencies = 1 then cast(counts.size_total as decimal(18, 2)) end as size_total,
    coalesce(dominance.is_dominated, false) as is_dominated
from counts
left join bounds
    on {{ same_cell('counts', 'bounds') }}
left join dominance
    on {{ same_cell('counts', 'dominance') }}
