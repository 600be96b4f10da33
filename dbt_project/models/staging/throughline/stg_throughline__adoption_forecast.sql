with

records as (

    select * from {{ source('throughline', 'adoption_forecast') }}

),

renamed as (

    select
        cast(purpose_id as string) as purpose_id,
        cast(scenario as string) as scenario,
        cast(ceiling as double) as ceiling,
        cast(week_start_date as date) as week_start_date,
        cast(week_number as bigint) as week_number,
        cast(launch_n as bigint) as launch_n,
        cast(observable_count as bigint) as observable_count,
        cast(adopted_count as bigint) as adopted_count,
        cast(share as double) as share,
        cast(low_80 as double) as low_80,
        cast(high_80 as double) as high_80,
        cast(low_95 as double) as low_95,
        cast(high_95 as double) as high_95,
        cast(p as double) as p,
        cast(q as double) as q,
        cast(external_share as double) as external_share,
        cast(external_low as double) as external_low,
        cast(external_high as double) as external_high,
        cast(peak_week as double) as peak_week,
        cast(t16_status as string) as t16_status,
        cast(t16_weeks as double) as t16_weeks,
        cast(t16_low_weeks as double) as t16_low_weeks,
        cast(t16_high_weeks as double) as t16_high_weeks,
        cast(t16_low_date as date) as t16_low_date,
        cast(t16_high_date as date) as t16_high_date,
        cast(refusal_code as string) as refusal_code,
        cast(refusal_reason as string) as refusal_reason
    from records

)

select * from renamed
