-- One row per declared purpose: its latest version, when it was first registered and how often it was amended.
with

versions as (

    select
        purposes.*,
        row_number() over (
            partition by purpose_id order by registered_at desc, content_hash desc
        ) as version_from_latest,
        min(registered_at) over (partition by purpose_id) as first_registered_at,
        count(*) over (partition by purpose_id) as version_count
    from {{ ref('stg_purposes__purposes') }} as purposes

)

select
    purpose_id,
    content_hash,
    title,
    sponsor_role,
    owner_role,
    org_goal,
    stage,
    behaviour_metric,
    outcome_metric,
    is_primary,
    population_unit,
    eligible_from_date,
    start_date,
    baseline_from_date,
    baseline_until_date,
    baseline_value,
    target_value,
    target_by_date,
    min_effect_of_interest,
    method,
    design_unit,
    design_cluster,
    landmark_days,
    anticipation_periods,
    stop_date,
    is_measurable,
    missing,
    first_registered_at,
    case when version_count > 1 then registered_at end as amended_at,
    version_count - 1 as amendment_count
from versions
where version_from_latest = 1
