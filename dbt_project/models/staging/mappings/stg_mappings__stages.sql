with

records as (

    {{ current_records(source('stage_map', 'stages'), key=['source', 'pipeline', 'stage']) }}

),

renamed as (

    select
        cast(source as string) as source,
        cast(pipeline as string) as pipeline,
        cast(stage as string) as stage,
        cast(outcome as string) as outcome,
        cast(position as bigint) as position,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
