-- Amounts under definitions that rest on today's amount and on words in a stage's name.
with

closed as (

    select
        cells.period_start,
        cells.period_grain,
        cells.outcome,
        cells.owner_count_key,
        deals.amount,
        deals.currency
    from {{ ref('int_deal_cells') }} as cells
    inner join {{ ref('int_deals') }} as deals on cells.source = deals.source and cells.deal_id = deals.deal_id
    where
        cells.basis = 'closed' and cells.unit_type = 'organisation' and cells.period_grain in ('month', 'quarter')

),

observed as (

    select
        deals.source,
        deals.deal_id,
        deals.amount,
        deals.currency,
        lower(deals.stage) as stage_name,
        facts.owner_count_key,
        cast({{ dbt.date_trunc('month', 'max(' ~ local_date('deals.observed_until') ~ ') over ()') }} as date)
            as period_start
    from {{ ref('int_deals') }} as deals
    inner join {{ ref('fct_deal') }} as facts on deals.source = facts.source and deals.deal_id = facts.deal_id

),

closed_sums as (

    select
        period_start,
        period_grain,
        sum(case when outcome = 'won' then amount else 0 end) as won_amount,
        sum(amount) as closed_amount,
        count(*) as n,
        count(distinct owner_count_key) as people,
        count(distinct currency) as currency_count
    from closed
    where amount is not null
    group by period_start, period_grain

),

open_sums as (

    select
        period_start,
        sum(amount) as pipeline_amount,
        count(*) as n,
        count(distinct owner_count_key) as people,
        count(distinct currency) as currency_count
    from observed
    where
        stage_name not like '%0%' and stage_name not like '%1%'
        and stage_name not like '%closed won%' and stage_name not like '%closed lost%'
        and amount is not null
    group by period_start

)

{% set one_currency -%} case when currency_count > 1 then 'not_observable' end {%- endset -%}
select
    period_start,
    period_grain,
    {{ lens_number(
        'fivetran.win_percent', rounded(safe_divide('won_amount', 'closed_amount')),
        n='n', people='people', own_reason=one_currency,
    ) }}
from closed_sums
union all
select
    period_start,
    'month' as period_grain,
    {{ lens_number('commonroom.pipeline', 'pipeline_amount', n='n', people='people', own_reason=one_currency) }}
from open_sums
