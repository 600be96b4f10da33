with

estimates as (

    select * from {{ source('throughline', 'behaviour_estimate') }}

),

renamed as (

    select
        cast(unit_type as string) as unit_type,
        cast(unit as string) as unit,
        cast(period_start_date as date) as period_start_date,
        cast(metric_id as string) as metric_id,
        cast(value as double) as value,
        cast(ci_low as double) as ci_low,
        cast(ci_high as double) as ci_high,
        cast(n as bigint) as n,
        cast(people as bigint) as people,
        cast(coverage as double) as coverage,
        cast(own_reason as string) as own_reason
    from estimates

)

select * from renamed
