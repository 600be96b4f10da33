-- One row per declared purpose as it stands now, with its registration and amendments.
with

registry as (

    select * from {{ ref('int_purpose_registry') }}

),

populations as (

    select
        purpose_id,
        content_hash,
        {{ sorted_list('org_unit') }} as org_units
    from {{ ref('stg_purposes__org_units') }}
    group by purpose_id, content_hash

),

spaces as (

    select
        purpose_id,
        content_hash,
        count(*) as space_count
    from {{ ref('stg_purposes__spaces') }}
    group by purpose_id, content_hash

)

select
    registry.purpose_id,
    registry.title,
    registry.sponsor_role,
    registry.owner_role,
    registry.org_goal,
    registry.stage,
    registry.behaviour_metric as behaviour_metric_id,
    registry.outcome_metric as outcome_metric_id,
    registry.is_primary,
    registry.population_unit,
    populations.org_units,
    coalesce(spaces.space_count, 0) as space_count,
    registry.eligible_from_date,
    registry.start_date,
    registry.baseline_from_date,
    registry.baseline_until_date,
    registry.baseline_value as baseline_declared_value,
    registry.target_value,
    registry.target_by_date,
    registry.min_effect_of_interest,
    registry.method,
    registry.design_unit,
    registry.design_cluster,
    registry.landmark_days,
    registry.anticipation_periods,
    registry.stop_date,
    registry.is_measurable,
    registry.missing as missing_fields,
    registry.content_hash,
    registry.first_registered_at,
    registry.amended_at,
    registry.amendment_count
from registry
left join populations
    on registry.purpose_id = populations.purpose_id and registry.content_hash = populations.content_hash
left join spaces
    on registry.purpose_id = spaces.purpose_id and registry.content_hash = spaces.content_hash
