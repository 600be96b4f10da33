-- One row per cell by closing date x metric of the deals decided in it: the shares won (C1, C1a) and the sizes (C4).
with

closed as (

    select * from {{ ref('agg_deal_closed') }}

),

sizes as (

    select * from {{ ref('agg_deal_size') }}

)

{%- set weighed = "case when n_currencies > 1 then 'not_observable' when is_dominated then 'dominance'
    when n_weighed < 30 or n_weighed_won < 5 or n_weighed - n_weighed_won < 5 then 'small_n' end" %}
{%- set enough = "case when n_currencies > 1 then 'not_observable' when n_sized < 30 then 'insufficient_n' end" %}
{%- set undominated = "case when n_currencies > 1 then 'not_observable' when n_sized < 30 then 'insufficient_n'
    when is_dominated then 'dominance' end" %}
{%- set capped = "case when n_currencies > 1 then 'not_observable'
    when n_sized < 30 or cap_amount is null then 'insufficient_n' when is_dominated then 'dominance' end" %}
{%- set sized = safe_divide('n_sized', 'n_won') %}

{{ outcome_row("'C1'", 'closed', 'win_rate', 'n_won + n_lost', 'n_owners', low='win_rate_low', high='win_rate_high',
    reason="case when n_won + n_lost < 30 or n_won < 5 or n_lost < 5 then 'small_n' end") }}
union all
{{ outcome_row("'C1a'", 'closed', 'amount_rate', 'n_weighed', 'n_weighed_owners', low='amount_rate_low',
    high='amount_rate_high', coverage=safe_divide('n_weighed', 'n_won + n_lost'), reason=weighed) }}
union all
{{ outcome_row("'C4'", 'sizes', 'median', 'n_sized', 'n_owners', low='median_low', high='median_high', coverage=sized,
    reason=enough, currency='currency') }}
union all
{{ outcome_row("'C4_gmean'", 'sizes', 'geometric_mean', 'n_sized', 'n_owners', coverage=sized, reason=enough,
    currency='currency') }}
union all
{{ outcome_row("'C4_wmean'", 'sizes', 'winsorised_mean', 'n_sized', 'n_owners',
    low='winsorised_mean - winsorised_margin', high='winsorised_mean + winsorised_margin', coverage=sized, reason=capped,
    currency='currency') }}
union all
{{ outcome_row("'C4_sum'", 'sizes', 'total', 'n_sized', 'n_owners', coverage=sized, reason=undominated,
    currency='currency') }}
union all
{{ outcome_row("'C4_tail'", 'sizes', 'case when is_heavy_tailed then 1 when not is_heavy_tailed then 0 end',
    'n_sized', 'n_owners', coverage=sized, reason=undominated) }}
union all
{{ outcome_row("'C4_excluded'", 'sizes', 'n_won_unsized', 'n_won', 'n_owners') }}
