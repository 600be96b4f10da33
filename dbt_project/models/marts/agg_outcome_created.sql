-- One row per cell by creation date x metric of that cohort: won within a time (C1b), time to a decision (C2), what
-- was opened (C7), and what could be associated with collaboration (C6).
-- C1b, C2 and C7 count the same owners, so that they hide the same units and none reveals another's.
with

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
    where rates.horizon_days in (90, 180, 365)

),

cycle_times as (

    select
        times.*,
        created.n_owners_timed,
        {{ safe_divide('created.n_timed', 'created.n_deals') }} as timed_share
    from {{ ref('agg_cycle_time') }} as times
    inner join created on {{ same_cell('times', 'created') }}

),

influence as (

    select
        kinds.*,
        case
            when n_deals = 0 or n_currencies > 1 then 'not_observable'
            when n_deals < 30 then 'insufficient_n'
            when is_dominated then 'dominance'
        end as kind_reason
    from {{ ref('agg_deal_influence') }} as kinds

),

-- The three side by side are the message: how far they disagree is known only where all three are.
spread as (

    select
        {{ cell() }},
        max(amount) - min(amount) as amount_range,
        min(n_deals) as n_deals,
        min(n_owners) as n_owners,
        min({{ safe_divide('n_deals', 'n_created') }}) as coverage,
        max(currency) as currency,
        case
            when max(case when kind_reason = 'not_observable' then 1 end) = 1 then 'not_observable'
            when max(case when kind_reason = 'insufficient_n' then 1 end) = 1 then 'insufficient_n'
            when max(case when kind_reason = 'dominance' then 1 end) = 1 then 'dominance'
        end as range_reason
    from influence
    group by {{ cell() }}

)

-- At a horizon that every deal has reached, or closed before, the share is exact however few are still open.
{{ outcome_row("case horizon_days when 90 then 'C1b_90' when 180 then 'C1b_180' else 'C1b_365' end", 'win_rates',
    'win_rate', 'n_entered', 'n_owners_timed', low='ci_low', high='ci_high', coverage='timed_share', reason=
    "case when n_entered < 30 then 'insufficient_n' when n_at_risk < 10 and n_censored_before > 0 then 'not_yet' end") }}
union all
{{ outcome_row("'C2'", 'cycle_times', 'median_days', 'n_entered', 'n_owners_timed', low='median_low_days',
    high='median_high_days', coverage='timed_share', reason=
    "case when n_closed < 20 then 'insufficient_n' when median_days is null then 'not_yet' end") }}
union all
{{ outcome_row("'C2_rmst'", 'cycle_times', 'rmst_days', 'n_entered', 'n_owners_timed',
    low='rmst_days - 1.959963984540054 * rmst_se_days', high='rmst_days + 1.959963984540054 * rmst_se_days',
    coverage='timed_share', reason="case when n_closed < 20 then 'insufficient_n'
        when n_at_risk_at_tau < 10 and n_censored_before_tau > 0 then 'not_yet' end") }}
union all
{{ outcome_row("'C2_won'", 'cycle_times', 'median_won_days', 'n_won', 'n_owners_timed', coverage='timed_share', reason=
    "case when n_won < 20 then 'insufficient_n' when median_won_days is null then 'not_yet' end") }}
union all
{{ outcome_row("case kind when 'sourced' then 'C6_sourced' when 'assisted' then 'C6_assisted' else 'C6_suspected' end",
    'influence', 'amount', 'n_deals', 'n_owners', coverage=safe_divide('n_deals', 'n_created'), reason='kind_reason',
    currency='currency') }}
union all
{{ outcome_row("'C6_range'", 'spread', 'amount_range', 'n_deals', 'n_owners', coverage='coverage',
    reason='range_reason', currency='currency') }}
union all
{{ outcome_row("'C7'", 'created', 'n_deals', 'n_deals', 'n_owners_timed') }}
union all
{{ outcome_row("'C7_amount'", 'created', 'amount_total', 'n_priced', 'n_owners_timed', reason=
    "case when n_currencies > 1 or n_priced = 0 then 'not_observable' when is_dominated then 'dominance' end",
    coverage=safe_divide('n_priced', 'n_deals'), currency='currency') }}
