-- One row per creation cohort: days from created to closed, by Kaplan-Meier: median and restricted mean (C2).
-- The restricted mean runs to a fixed day, so that cohorts compare: var cycle_time_tau_days.
{%- set tau = var('cycle_time_tau_days', 180) %}
with

curve as (

    select
        curve.*,
        case when open_share > 0 then open_share * exp(-1.959963984540054 * sqrt(greenwood_sum)) else 0 end as open_low,
        case when open_share > 0 then open_share * exp(1.959963984540054 * sqrt(greenwood_sum)) end as open_high
    from {{ ref('agg_survival_curve') }} as curve

),

areas as (

    select
        curve.*,
        case when t_days >= {{ tau }} then 0
            else open_share * (least(coalesce(next_t_days, {{ tau }}), {{ tau }}) - t_days)
        end as area_to_next
    from curve

),

-- Area under the curve from each day to tau: A_k of the variance sum.
remaining as (

    select
        areas.*,
        sum(area_to_next) over (
            partition by {{ cell() }}
            order by t_days desc
            rows between unbounded preceding and current row
        ) as area_to_tau,
        max(won_share) over (partition by {{ cell() }}) as won_share_last
    from areas

),

summed as (

    select
        {{ cell() }},
        max(n_at_risk) as n_entered,
        sum(n_closed) as n_closed,
        sum(n_won) as n_won,
        min(open_share) as open_share_last,
        min(case when won_share >= 0.5 * won_share_last - 0.000000000002 then t_days end) as median_won_days,
        coalesce(max(case when t_days >= {{ tau }} then n_at_risk end), 0) as n_at_risk_at_tau,
        sum(case when t_days < {{ tau }} then n_censored else 0 end) as n_censored_before_tau,
        -- half a unit in the twelfth place: a product of fractions may miss .5 by rounding
        min(case when open_share <= 0.5 + 0.0000000000005 then t_days end) as median_days,
        min(case when open_low <= 0.5 + 0.0000000000005 then t_days end) as median_low_days,
        min(case when open_high <= 0.5 + 0.0000000000005 then t_days end) as median_high_days,
        least(min(t_days), {{ tau }}) + sum(area_to_next) as rmst_days,
        sum(
            case when t_days < {{ tau }} and n_closed < n_at_risk
                then area_to_tau * area_to_tau * n_closed
                    / (cast(n_at_risk as double) * cast(n_at_risk - n_closed as double))
            else 0 end
        ) as rmst_variance
    from remaining
    group by {{ cell() }}

)

select
    {{ cell() }},
    cast(n_entered as bigint) as n_entered,
    cast(n_closed as bigint) as n_closed,
    cast(n_won as bigint) as n_won,
    case when n_won > 0 and open_share_last < 0.0000000000005 then median_won_days end as median_won_days,
    cast(n_at_risk_at_tau as bigint) as n_at_risk_at_tau,
    cast(n_censored_before_tau as bigint) as n_censored_before_tau,
    median_days,
    median_low_days,
    median_high_days,
    cast({{ tau }} as bigint) as tau_days,
    {{ rounded('rmst_days') }} as rmst_days,
    {{ rounded('sqrt(rmst_variance)') }} as rmst_se_days
from summed
