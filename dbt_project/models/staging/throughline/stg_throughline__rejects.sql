with

rejects as (

    select * from {{ source('throughline', 'rejects') }}

),

renamed as (

    select
        cast(file_id as string) as file_id,
        cast(source as string) as source,
        cast(table_name as string) as table_name,
        cast(reason as string) as reason,
        cast(row_count as bigint) as row_count
    from rejects

)

select * from renamed
