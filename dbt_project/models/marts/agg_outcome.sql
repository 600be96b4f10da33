-- One row per cell x outcome metric, before suppression. people = distinct owners of the deals counted;
-- own_reason = why the metric's own minimum forbids the value; coverage = share of the cell's deals it can use.
-- All metrics by creation count the same owners, so that they hide the same units and none reveals another's.
with

closed as (

    select * from {{ ref('agg_deal_closed') }}

),

created as (

    select * from {{ ref('agg_deal_created') }}

),

win_rates as (

    select
        rates.*,
        created.n_owners_timed,
        {{ safe_divide('created.n_timed', 'created.n_deals') }} as timed_share
    from {{ ref('agg_win_rate') }} as rates
    inner join created on {{ same_cell('rates', 'created') }}

),

cycle_times as (

    select
        times.*,
        created.n_owners_timed,
        {{ safe_divide('created.n_timed', 'created.n_deals') }} as timed_share
    from {{ ref('agg_cycle_time') }} as times
    inner join created on {{ same_cell('times', 'created') }}

),

outcomes as (

    select
        {{ cell() }}, 'C1' as metric_id, cast(null as string) as currency,
        win_rate as value, win_rate_low as ci_low, win_rate_high as ci_high,
        n_won + n_lost as n, n_owners as people, cast(1 as double) as coverage,
        case when n_won + n_lost < 30 or n_won < 5 or n_lost < 5 then 'small_n' end as own_reason
    from closed
    union all
    -- At a horizon that every deal has reached, or closed before, the share is exact however few are still open.
    select
        {{ cell() }}, case horizon_days when 90 then 'C1b_90' when 180 then 'C1b_180' else 'C1b_365' end, null,
        win_rate, ci_low, ci_high, n_entered, n_owners_timed, timed_share,
        case
            when n_entered < 30 then 'insufficient_n'
            when n_at_risk < 10 and n_censored_before > 0 then 'not_yet'
        end
    from win_rates
    union all
    select
        {{ cell() }}, 'C2', null,
        median_days, median_low_days, median_high_days, n_entered, n_owners_timed, timed_share,
        case when n_closed < 20 then 'insufficient_n' when median_days is null then 'not_yet' end
    from cycle_times
    union all
    select
        {{ cell() }}, 'C2_rmst', null,
        rmst_days, rmst_days - 1.959963984540054 * rmst_se_days, rmst_days + 1.959963984540054 * rmst_se_days,
        n_entered, n_owners_timed, timed_share,
        case
            when n_closed < 20 then 'insufficient_n'
            when n_at_risk_at_tau < 10 and n_censored_before_tau > 0 then 'not_yet'
        end
    from cycle_times
    union all
    select
        {{ cell() }}, 'C4', currency,
        size_median, size_median_low, size_median_high,
        n_sized, n_size_owners, {{ safe_divide('n_sized', 'n_won') }},
        case when n_currencies > 1 then 'not_observable' when n_sized < 30 then 'insufficient_n' end
    from closed
    where n_won > 0
    union all
    select
        {{ cell() }}, 'C4_gmean', currency,
        size_geometric_mean, null, null, n_sized, n_size_owners, {{ safe_divide('n_sized', 'n_won') }},
        case when n_currencies > 1 then 'not_observable' when n_sized < 30 then 'insufficient_n' end
    from closed
    where n_won > 0
    union all
    select
        {{ cell() }}, 'C4_sum', currency,
        cast(size_total as double), null, null, n_sized, n_size_owners, {{ safe_divide('n_sized', 'n_won') }},
        case
            when n_currencies > 1 then 'not_observable'
            when n_sized < 30 then 'insufficient_n'
            when is_dominated then 'dominance'
        end
    from closed
    where n_won > 0
    union all
    select
        {{ cell() }}, 'C7', null,
        cast(n_deals as double), null, null, n_deals, n_owners_timed, cast(1 as double), null
    from created
    union all
    select
        {{ cell() }}, 'C7_amount', currency,
        cast(amount_total as double), null, null, n_priced, n_owners_timed, {{ safe_divide('n_priced', 'n_deals') }},
        case when n_currencies > 1 or n_priced = 0 then 'not_observable' when is_dominated then 'dominance' end
    from created

)

select
    {{ cell() }},
    metric_id,
    cast(currency as string) as currency,
    cast(value as double) as value,
    cast(ci_low as double) as ci_low,
    cast(ci_high as double) as ci_high,
    cast(n as bigint) as n,
    cast(people as bigint) as people,
    cast(coverage as double) as coverage,
    own_reason
from outcomes
