with

records as (

    {{ current_records(source('purposes', 'purposes'), key=['purpose_id', 'content_hash']) }}

),

renamed as (

    select
        cast(purpose_id as string) as purpose_id,
        cast(content_hash as string) as content_hash,
        cast(title as string) as title,
        cast(sponsor_role as string) as sponsor_role,
        cast(owner_role as string) as owner_role,
        cast(org_goal as string) as org_goal,
        cast(stage as string) as stage,
        cast(behaviour_metric as string) as behaviour_metric,
        cast(outcome_metric as string) as outcome_metric,
        cast(is_primary as boolean) as is_primary,
        cast(population_unit as string) as population_unit,
        cast(eligible_from_date as date) as eligible_from_date,
        cast(start_date as date) as start_date,
        cast(baseline_from_date as date) as baseline_from_date,
        cast(baseline_until_date as date) as baseline_until_date,
        cast(baseline_value as double) as baseline_value,
        cast(target_value as double) as target_value,
        cast(target_by_date as date) as target_by_date,
        cast(min_effect_of_interest as double) as min_effect_of_interest,
        cast(method as string) as method,
        cast(design_unit as string) as design_unit,
        cast(cluster as string) as design_cluster,
        cast(landmark_days as bigint) as landmark_days,
        cast(anticipation_periods as bigint) as anticipation_periods,
        cast(lot_share as double) as lot_share,
        cast(stop_date as date) as stop_date,
        cast(is_measurable as boolean) as is_measurable,
        cast(missing as string) as missing,
        cast(registered_at as timestamp) as registered_at,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
