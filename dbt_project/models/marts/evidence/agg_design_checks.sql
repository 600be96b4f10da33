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

counts as (

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

-- Deals of one owner resemble each other: sums for the intraclass correlation before the start.
owners as (

    select
        design_id,
        owner_count_key,
        count(*) as n,
        sum(y) as sum_y,
        sum(y * y) as sum_y2
    from deals
    where method = 'landmark' and not is_post and y is not null
    group by design_id, owner_count_key

),

owner_sums as (

    select
        design_id,
        count(*) as owners_count,
        sum(n) as owners_n,
        sum(cast(n as double) * n) as owners_n2,
        sum(sum_y) as owners_sum_y,
        sum(sum_y * sum_y / n) as owners_between,
        sum(sum_y2) as owners_sum_y2
    from owners
    group by design_id

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

),

panel_teams as (

    select
        design_id,
        cluster_id,
        max(is_treated) as is_treated,
        count(*) as period_count
    from {{ ref('fct_design_period') }}
    group by design_id, cluster_id

),

panel_spans as (

    select
        design_id,
        count(distinct t) as period_count
    from {{ ref('fct_design_period') }}
    group by design_id

),

panels as (

    select
        panel_teams.design_id,
        count(*) as n_teams,
        count(case when panel_teams.period_count < panel_spans.period_count then 1 end) as n_teams_dropped_unbalanced
    from panel_teams
    inner join panel_spans on panel_teams.design_id = panel_spans.design_id
    group by panel_teams.design_id

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
left join counts on designs.design_id = counts.design_id
left join exposures on designs.design_id = exposures.design_id
left join owner_sums on designs.design_id = owner_sums.design_id
left join simultaneous on designs.design_id = simultaneous.design_id
left join panels on designs.design_id = panels.design_id
left join {{ ref('design_look') }} as looks on designs.design_id = looks.design_id
