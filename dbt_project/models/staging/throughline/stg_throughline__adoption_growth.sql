with

records as (

    select * from {{ source('throughline', 'adoption_growth') }}

),

renamed as (

    select
        cast(unit_type as string) as unit_type,
        cast(unit as string) as unit,
        cast(period_start_date as date) as period_start_date,
        cast(slope as double) as slope,
        cast(ci_low as double) as ci_low,
        cast(ci_high as double) as ci_high,
        cast(status as string) as status,
        cast(at_risk_count as bigint) as at_risk_count
    from records

)

select * from renamed
