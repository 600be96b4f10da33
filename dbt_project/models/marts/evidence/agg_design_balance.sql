-- One row per design x covariate known before exposure x arm: sums for the standardised difference between the arms.
with

units as (

    select
        design_id,
        'baseline_mean' as covariate,
        is_treated,
        baseline_mean as x
    from {{ ref('fct_design_cohort') }}
    union all
    select
        design_id,
        'baseline_n',
        is_treated,
        cast(baseline_n as double)
    from {{ ref('fct_design_cohort') }}
    union all
    select
        design_id,
        'log_amount',
        is_treated,
        baseline_log_amount
    from {{ ref('fct_design_cohort') }}
    union all
    select
        design_id,
        'log_amount',
        is_treated,
        ln(1 + cast(amount_created as double))
    from {{ ref('fct_design_deal') }}
    where method = 'landmark' and is_post and y is not null

)

select
    design_id,
    covariate,
    cast(case when is_treated then 1 else 0 end as bigint) as arm,
    count(*) as n,
    sum(x) as sum_x,
    sum(x * x) as sum_xx
from units
where x is not null
group by design_id, covariate, is_treated
