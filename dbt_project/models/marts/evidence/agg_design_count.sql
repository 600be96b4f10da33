-- One row per design with deals: how many there are in each arm, what was left out, and whose they are.
with

deals as (

    select
        fct_design_deal.*,
        method <> 'landmark' or is_post as is_in_window
    from {{ ref('fct_design_deal') }} as fct_design_deal

)

select
    design_id,
    count(case when is_in_window then 1 end) as n_units_total,
    count(case when is_in_window and duration_reject_reason is not null then 1 end) as n_units_dropped,
    count(case when is_in_window and is_treated then 1 end) as n_treated,
    count(case when is_in_window and is_treated and duration_reject_reason is not null then 1 end)
        as n_dropped_treated,
    count(case when is_in_window and not is_treated then 1 end) as n_control,
    count(case when is_in_window and not is_treated and duration_reject_reason is not null then 1 end)
        as n_dropped_control,
    count(case when is_in_window and duration_reject_reason = 'closed_before_created' then 1 end)
        as n_outcome_before_index,
    count(case when is_in_window and duration_reject_reason is null and not is_open_at_index then 1 end)
        as n_closed_before_landmark,
    count(case when is_in_window and is_open_at_index and not is_followed then 1 end) as n_not_followed_yet,
    count(case when not is_post and y is not null then 1 end) as n_units_before,
    count(case when is_in_window and y is not null and is_treated then 1 end) as n_units_t,
    count(case when is_in_window and y is not null and not is_treated then 1 end) as n_units_c,
    count(distinct case when is_in_window and y is not null and is_treated then owner_count_key end) as n_people_t,
    count(distinct case when is_in_window and y is not null and not is_treated then owner_count_key end)
        as n_people_c,
    count(case when is_in_window and y is not null and is_treated and outcome_kind = 'won' and y = 1 then 1 end)
        as n_events_t,
    count(case when is_in_window and y is not null and not is_treated and outcome_kind = 'won' and y = 1 then 1 end)
        as n_events_c,
    min(case when y is not null and is_post then created_date end) as window_start_date,
    max(case when y is not null and is_post then created_date end) as last_created_date,
    max(observed_date) as data_until_date
from deals
group by design_id
