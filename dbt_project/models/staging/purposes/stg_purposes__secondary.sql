with

records as (

    {{ current_records(source('purposes', 'secondary'), key=['purpose_id', 'content_hash', 'outcome_metric']) }}

),

renamed as (

    select
        cast(purpose_id as string) as purpose_id,
        cast(content_hash as string) as content_hash,
        cast(outcome_metric as string) as outcome_metric,
        cast(is_primary as boolean) as is_primary,
        cast(target_value as double) as target_value,
        cast(min_effect_of_interest as double) as min_effect_of_interest,
        cast(method as string) as method,
        cast(landmark_days as bigint) as landmark_days,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
