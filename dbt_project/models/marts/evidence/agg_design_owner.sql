-- One row per landmark design x owner x creation quarter, before the start: deals open on the landmark day, and won.
select
    design_id,
    {{ surrogate_key(['design_id', 'owner_count_key']) }} as owner_id,
    cast(created_quarter as string) as stratum,
    count(*) as n,
    cast(sum(case when y = 1 then 1 else 0 end) as bigint) as n_event
from {{ ref('fct_design_deal') }}
where method = 'landmark' and outcome_kind = 'won' and not is_post and y is not null
group by design_id, owner_count_key, created_quarter
