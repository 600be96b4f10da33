with

records as (

    {{ shared_records('deal_stages', key=['deal_id', 'entered_at', 'stage']) }}

),

renamed as (

    select
        cast(source as string) as source,
        cast(deal_id as string) as deal_id,
        cast(entered_at as timestamp) as entered_at,
        cast(stage as string) as stage,
        cast(pipeline as string) as pipeline,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
