with

file_columns as (

    select * from {{ source('throughline', 'file_columns') }}

),

renamed as (

    select
        cast(source as string) as source,
        cast(file_id as string) as file_id,
        cast(table_name as string) as table_name,
        cast(column_name as string) as column_name,
        cast(status as string) as status
    from file_columns

)

select * from renamed
