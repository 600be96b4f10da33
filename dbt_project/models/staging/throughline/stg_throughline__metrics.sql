with

metrics as (

    select * from {{ source('throughline', 'metrics') }}

)

select * from metrics
