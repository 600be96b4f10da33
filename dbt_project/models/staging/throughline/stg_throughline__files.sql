with

files as (

    select * from {{ source('throughline', 'files') }}

),

renamed as (

    select
        cast(file_id as string) as file_id,
        cast(source as string) as source,
        cast(name as string) as file_name,
        cast(state as string) as state,
        cast(seen_at as timestamp) as seen_at,
        cast(loaded_at as timestamp) as loaded_at,
        cast(observed_from as timestamp) as observed_from,
        cast(observed_until as timestamp) as observed_until,
        cast(rows_in as bigint) as rows_in,
        cast(rows_loaded as bigint) as rows_loaded,
        cast(rows_rejected as bigint) as rows_rejected,
        cast(rows_duplicate as bigint) as rows_duplicate,
        cast(reason as string) as reason
    from files

)

select * from renamed
