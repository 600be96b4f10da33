-- One row per cohort x horizon: the share won by then (C1b; of a stage: moved on, C8), deals still open censored.
with

horizons as (

    select 30 as horizon_days
    union all
    select 90
    union all
    select 180
    union all
    select 365

),

curve as (

    select * from {{ ref('agg_survival_curve') }}

),

at_horizon as (

    select
        {{ cell('curve') }},
        horizons.horizon_days,
        max(curve.n_at_risk) as n_entered,
        coalesce(max(case when curve.t_days >= horizons.horizon_days then curve.n_at_risk end), 0) as n_at_risk,
        sum(case when curve.t_days < horizons.horizon_days then curve.n_censored else 0 end) as n_censored_before,
        sum(case when curve.t_days <= horizons.horizon_days then curve.n_won else 0 end) as n_won,
        coalesce(max(case when curve.t_days <= horizons.horizon_days then curve.won_share end), 0) as won_share
    from curve
    cross join horizons
    group by {{ cell('curve') }}, horizons.horizon_days

),

-- Variance of the cumulative incidence (Marubini & Valsecchi 1995); without censoring it is F(1 - F)/n.
variance_terms as (

    select
        {{ cell('at_horizon') }},
        at_horizon.horizon_days,
        at_horizon.won_share - curve.won_share as still_to_win,
        curve.open_share_before,
        cast(curve.n_at_risk as double) as n,
        cast(curve.n_closed as double) as n_closed,
        cast(curve.n_won as double) as n_won
    from at_horizon
    inner join curve
        on {{ same_cell('at_horizon', 'curve') }}
        and curve.t_days <= at_horizon.horizon_days

),

variances as (

    select
        {{ cell() }},
        horizon_days,
        sum(
            case when n_closed < n
                then still_to_win * still_to_win * n_closed / (n * (n - n_closed))
            else 0 end
            + open_share_before * open_share_before * (n - n_won) * n_won / (n * n * n)
            - 2 * still_to_win * open_share_before * n_won / (n * n)
        ) as variance
    from variance_terms
    group by {{ cell() }}, horizon_days

),

errors as (

    select
        at_horizon.*,
        sqrt(case when variances.variance > 0 then variances.variance else 0 end) as standard_error
    from at_horizon
    left join variances
        on {{ same_cell('at_horizon', 'variances') }}
        and at_horizon.horizon_days = variances.horizon_days

)

-- Before the first win the logarithm says nothing: the interval is all of [0, 1].
select
    {{ cell() }},
    cast(horizon_days as bigint) as horizon_days,
    cast(n_entered as bigint) as n_entered,
    cast(n_at_risk as bigint) as n_at_risk,
    cast(n_censored_before as bigint) as n_censored_before,
    cast(n_won as bigint) as n_won,
    {{ rounded('won_share') }} as win_rate,
    {{ rounded('standard_error') }} as win_rate_se,
    case when won_share > 0
        then {{ rounded('won_share * exp(-1.959963984540054 * standard_error / won_share)') }}
        else 0
    end as ci_low,
    case when won_share > 0
        then {{ rounded('least(won_share * exp(1.959963984540054 * standard_error / won_share), 1)') }}
        else 1
    end as ci_high
from errors
