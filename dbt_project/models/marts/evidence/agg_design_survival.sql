-- One row per landmark design x arm x day after the landmark: deals won, lost and still open then.
select
    design_id,
    cast(case when is_treated then 1 else 0 end as bigint) as arm,
    days_from_index as t_days,
    cast(sum(case when outcome = 'won' then 1 else 0 end) as bigint) as n_won,
    cast(sum(case when outcome = 'lost' then 1 else 0 end) as bigint) as n_lost,
    cast(sum(case when outcome = 'open' then 1 else 0 end) as bigint) as n_censored
from {{ ref('fct_design_deal') }}
where method = 'landmark' and is_post and is_open_at_index
group by design_id, is_treated, days_from_index
