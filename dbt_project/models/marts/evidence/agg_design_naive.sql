-- One row per design x ever linked: what "deals with collaboration" against "deals without" would show. A trap.
with

deals as (

    select
        deals.*,
        designs.horizon_days,
        {{ days_between('deals.created_date', 'deals.observed_date') }} as observed_days
    from {{ ref('fct_design_deal') }} as deals
    inner join {{ ref('design_registry') }} as designs on deals.design_id = designs.design_id
    where deals.is_population and deals.is_post and deals.duration_reject_reason is null

),

followed as (

    select
        design_id,
        is_ever_linked,
        case
            when outcome_kind <> 'won' then least(duration_days, cast(horizon_days as double))
            when outcome = 'won' and duration_days <= horizon_days then cast(1 as double)
            else cast(0 as double)
        end as y
    from deals
    where observed_days >= horizon_days

)

select
    design_id,
    is_ever_linked as is_linked,
    count(*) as n,
    sum(y) as sum_y,
    sum(y * y) as sum_y2
from followed
group by design_id, is_ever_linked
