-- One row per version of a purpose x outcome x method, and x landmark day, the declared one and the sensitivities.
with

registry as (

    select * from {{ ref('design_version') }}

),

declared as (

    select
        purpose_id, content_hash, outcome_metric as outcome, is_primary, target_value, min_effect_of_interest, method,
        landmark_days, true as is_main
    from registry
    union all
    select
        secondary.purpose_id, secondary.content_hash, secondary.outcome_metric, secondary.is_primary,
        secondary.target_value, secondary.min_effect_of_interest, coalesce(secondary.method, registry.method),
        coalesce(secondary.landmark_days, registry.landmark_days), false
    from {{ ref('stg_purposes__secondary') }} as secondary
    inner join registry
        on secondary.purpose_id = registry.purpose_id and secondary.content_hash = registry.content_hash

),

landmarks as (

    select 7 as landmark_days
    union all
    select 14
    union all
    select 30

),

designs as (

    select
        declared.*,
        case when method = 'landmark' then coalesce(landmark_days, 14) end as used_landmark_days,
        false as is_sensitivity
    from declared
    union all
    select
        declared.*,
        other_days.landmark_days,
        true
    from declared
    cross join landmarks as other_days
    where declared.method = 'landmark' and coalesce(declared.landmark_days, 14) <> other_days.landmark_days

)

select
    designs.*,
    {{ surrogate_key(['outcome', 'method', 'used_landmark_days']) }} as declared_key
from designs
