-- The units' deals add up to the organisation's in every period: no owner, with or without a loss, vanishes from a total.
with

parts as (

    select
        period_grain,
        period_start,
        sum(case when unit_type = 'org_unit' then n_won else 0 end) as won_of_units,
        sum(case when unit_type = 'org_unit' then n_lost else 0 end) as lost_of_units,
        sum(case when unit_type = 'organisation' then n_won else 0 end) as won_in_all,
        sum(case when unit_type = 'organisation' then n_lost else 0 end) as lost_in_all
    from {{ ref('agg_deal_closed') }}
    where purpose_id = '_org'
    group by period_grain, period_start

)

select *
from parts
where won_of_units <> won_in_all or lost_of_units <> lost_in_all
