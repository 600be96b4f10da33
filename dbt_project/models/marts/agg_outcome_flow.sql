-- One row per cell x metric of how business flows: velocity and the numbers it is made of (C3), from stage to stage
-- (C8), and customers from year to year (C5).
with

velocity as (

    select
        velocity.*,
        least(n_owners, n_size_owners, coalesce(n_open_owners, n_owners)) as people,
        {{ safe_divide('n_sized', 'n_won') }} as sized_share,
        case
            when n_open is null then 'not_observable'
            when n_closed < 30 or n_won < 5 or n_closed - n_won < 5 or n_sized < 30 or n_timed < 20
                then 'insufficient_n'
        end as counts_reason,
        case
            when n_currencies > 1 then 'not_observable'
            when n_sized < 30 then 'insufficient_n'
            when is_dominated then 'dominance'
        end as value_reason
    from {{ ref('agg_deal_velocity') }} as velocity

),

stages as (

    select
        rates.*,
        entered.n_owners
    from {{ ref('agg_win_rate') }} as rates
    inner join {{ ref('agg_stage_entered') }} as entered on {{ same_cell('rates', 'entered') }}
    where rates.horizon_days in (30, 90)

),

accounts as (

    select
        years.*,
        {{ safe_divide('n_valued', 'n_accounts') }} as valued_share,
        case when not is_observed then 'not_yet' when n_accounts < 30 then 'insufficient_n' end as logo_reason,
        case
            when n_currencies > 1 then 'not_observable'
            when not is_observed then 'not_yet'
            when n_valued < 30 then 'insufficient_n'
            when is_dominated then 'dominance'
        end as amount_reason
    from {{ ref('agg_account_year') }} as years

)

{{ outcome_row("'C3'", 'velocity', 'velocity', 'n_closed', 'people',
    low='velocity * exp(-1.959963984540054 * log_error)', high='velocity * exp(1.959963984540054 * log_error)',
    coverage='sized_share', currency='currency', reason=
    "coalesce(case when value_reason = 'not_observable' then value_reason end, counts_reason, value_reason)") }}
union all
{{ outcome_row("'C3_open'", 'velocity', 'n_open', 'n_open', 'people', reason=
    "case when n_open is null then 'not_observable' end") }}
union all
{{ outcome_row("'C3_rate'", 'velocity', 'win_rate', 'n_closed', 'people', low='win_rate_low', high='win_rate_high',
    reason="case when n_closed < 30 or n_won < 5 or n_closed - n_won < 5 then 'small_n' end") }}
union all
{{ outcome_row("'C3_value'", 'velocity', 'mean_value', 'n_sized', 'people', low='mean_value - mean_value_margin',
    high='mean_value + mean_value_margin', coverage='sized_share', reason='value_reason', currency='currency') }}
union all
{{ outcome_row("'C3_days'", 'velocity', 'mean_days', 'n_timed', 'people', low='mean_days - mean_days_margin',
    high='mean_days + mean_days_margin', coverage=safe_divide('n_timed', 'n_closed'), reason=
    "case when n_timed < 20 then 'insufficient_n' end") }}
union all
{{ outcome_row("case horizon_days when 30 then 'C8_30' else 'C8_90' end", 'stages', 'win_rate', 'n_entered', 'n_owners',
    low='ci_low', high='ci_high', reason=
    "case when n_entered < 30 then 'insufficient_n' when n_at_risk < 10 and n_censored_before > 0 then 'not_yet' end") }}
union all
{{ outcome_row("'C5'", 'accounts', 'logo_retention', 'n_accounts', 'n_owners', low='logo_low', high='logo_high',
    reason='logo_reason') }}
union all
{{ outcome_row("'C5_grr'", 'accounts', 'gross_retention', 'n_valued', 'n_owners', low='gross_low', high='gross_high',
    coverage='valued_share', reason='amount_reason') }}
union all
{{ outcome_row("'C5_nrr'", 'accounts', 'net_retention', 'n_valued', 'n_owners', low='net_low', high='net_high',
    coverage='valued_share', reason='amount_reason') }}
