-- One row per landmark design x stratum x exposed: deals open on the landmark day, and how many were won in time.
with

deals as (

    select *
    from {{ ref('fct_design_deal') }}
    where method = 'landmark' and is_post and is_open_at_index

),

bands as (

    select
        design_id,
        {{ percentile('amount_created', 1 / 3) }} as lower_amount,
        {{ percentile('amount_created', 2 / 3) }} as upper_amount
    from deals
    where amount_created is not null
    group by design_id

),

banded as (

    select
        deals.*,
        case
            when deals.amount_created is null then 'amount unknown'
            when deals.amount_created <= bands.lower_amount then 'small'
            when deals.amount_created <= bands.upper_amount then 'middle'
            else 'large'
        end as amount_band
    from deals
    left join bands on deals.design_id = bands.design_id

)

select
    design_id,
    {{ dbt.concat(['amount_band', "', created from '", 'cast(created_quarter as string)']) }} as stratum,
    cast(case when is_treated then 1 else 0 end as bigint) as exposed,
    count(*) as n,
    count(distinct owner_count_key) as n_owners,
    cast(sum(case when y = 1 then 1 else 0 end) as bigint) as n_event
from banded
where outcome_kind = 'won' and y is not null
group by design_id, amount_band, created_quarter, is_treated
