-- One row per design x ever linked: what "deals with collaboration" against "deals without" would show. A trap.
select
    design_id,
    is_ever_linked as is_linked,
    count(*) as n,
    sum(y_from_creation) as sum_y,
    sum(y_from_creation * y_from_creation) as sum_y2
from (
    select
        deals.design_id,
        deals.is_ever_linked,
        case
            when deals.outcome_kind = 'won' and deals.outcome = 'won' and deals.duration_days <= designs.horizon_days
                then cast(1 as double)
            when deals.outcome_kind = 'won' then cast(0 as double)
            else least(deals.duration_days, cast(designs.horizon_days as double))
        end as y_from_creation
    from {{ ref('fct_design_deal') }} as deals
    inner join {{ ref('design_registry') }} as designs on deals.design_id = designs.design_id
    where
        deals.is_population and deals.is_post and deals.duration_reject_reason is null
        and {{ dbt.datediff('deals.created_date', 'deals.observed_date', 'day') }} >= designs.horizon_days
) as followed
group by design_id, is_ever_linked
