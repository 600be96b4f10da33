-- One row per design that can be evaluated: what the guard rails must know beside the estimate.
with

designs as (

    select * from {{ ref('design_registry') }} where problem_codes = ''

),

deals as (

    select
        fct_design_deal.*,
        method <> 'landmark' or is_post as is_in_window
    from {{ ref('fct_design_deal') }} as fct_design_deal

),

-- A linked deal whose link came after the landmark, or after the deal was decided, would be counted by mistake.
exposures as (

    select
        deals.design_id,
        count(case when deals.link_days > designs.landmark_days then 1 end) as n_exposure_after_landmark,
        count(case when deals.outcome <> 'open' and deals.link_days > deals.duration_days then 1 end)
            as n_exposure_after_outcome
    from deals
    inner join designs on deals.design_id = designs.design_id
    where deals.method = 'landmark' and deals.is_treated and deals.is_in_window and deals.y is not null
    group by deals.design_id

),

-- Deals of teams that another purpose works on at the same time are no controls.
simultaneous as (

    select
        designs.design_id,
        count(*) as n_excluded_simultaneous
    from designs
    inner join {{ ref('fct_deal') }} as others
        on designs.window_start_date <= others.created_date
    where
        designs.method in ('did', 'staggered_did')
        and exists (
            select 1
            from {{ ref('stg_purposes__org_units') }} as units
            where units.org_unit = others.org_unit and units.purpose_id <> designs.purpose_id
        )
        and not exists (
            select 1
            from {{ ref('stg_purposes__org_units') }} as units
            where
                units.org_unit = others.org_unit and units.purpose_id = designs.purpose_id
                and units.content_hash = designs.content_hash
        )
    group by designs.design_id

)

select
    designs.design_id,
    coalesce(counts.n_units_total, 0) as n_units_total,
    coalesce(counts.n_units_dropped, 0) as n_units_dropped,
    coalesce({{ safe_divide('counts.n_dropped_treated', 'counts.n_treated') }}, 0) as dropped_share_treated,
    coalesce({{ safe_divide('counts.n_dropped_control', 'counts.n_control') }}, 0) as dropped_share_control,
    coalesce(counts.n_outcome_before_index, 0) as n_outcome_before_index,
    coalesce(counts.n_closed_before_landmark, 0) as n_closed_before_landmark,
    coalesce(counts.n_not_followed_yet, 0) as n_not_followed_yet,
    coalesce(exposures.n_exposure_after_landmark, 0) as n_exposure_after_landmark,
    coalesce(exposures.n_exposure_after_outcome, 0) as n_exposure_after_outcome,
    coalesce(simultaneous.n_excluded_simultaneous, 0) as n_excluded_simultaneous,
    coalesce(panels.n_teams, 0) as n_teams,
    coalesce(panels.n_teams_dropped_unbalanced, 0) as n_teams_dropped_unbalanced,
    coalesce(counts.n_units_before, 0) as n_units_before,
    coalesce(counts.n_units_t, 0) as n_units_t,
    coalesce(counts.n_units_c, 0) as n_units_c,
    coalesce(counts.n_people_t, 0) as n_people_t,
    coalesce(counts.n_people_c, 0) as n_people_c,
    coalesce(counts.n_events_t, 0) as n_events_t,
    coalesce(counts.n_events_c, 0) as n_events_c,
    counts.window_start_date,
    coalesce(
        {{ add_days('counts.last_created_date',
            'cast(designs.horizon_days + coalesce(designs.landmark_days, 0) as int)') }},
        looks.next_look_date
    ) as window_end_date,
    coalesce(counts.data_until_date, looks.seen_until_date) as data_until_date,
    looks.looks_passed,
    cast(null as double) as top1pct_value_share,
    coalesce(owner_sums.owners_count, 0) as owners_count,
    coalesce(cast(owner_sums.owners_n as double), 0) as owners_n,
    coalesce(owner_sums.owners_n2, 0) as owners_n2,
    coalesce(owner_sums.owners_sum_y, 0) as owners_sum_y,
    coalesce(owner_sums.owners_between, 0) as owners_between,
    coalesce(owner_sums.owners_sum_y2, 0) as owners_sum_y2
from designs
left join {{ ref('agg_design_count') }} as counts on designs.design_id = counts.design_id
left join exposures on designs.design_id = exposures.design_id
left join {{ ref('agg_design_owner_sums') }} as owner_sums on designs.design_id = owner_sums.design_id
left join simultaneous on designs.design_id = simultaneous.design_id
left join {{ ref('agg_design_panel') }} as panels on designs.design_id = panels.design_id
left join {{ ref('design_look') }} as looks on designs.design_id = looks.design_id
