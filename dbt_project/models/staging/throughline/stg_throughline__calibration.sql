with

results as (

    select * from {{ source('throughline', 'calibration') }}

),

renamed as (

    select
        cast(design_id as string) as design_id,
        cast(purpose_id as string) as purpose_id,
        cast(method as string) as method,
        cast(check_name as string) as check_name,
        cast(draws as bigint) as draws,
        cast(false_alarm_share as double) as false_alarm_share,
        cast(covered_share as double) as covered_share,
        cast(planted_difference as double) as planted_difference,
        cast(found_share as double) as found_share,
        cast(se_share as double) as se_share,
        cast(sentence as string) as sentence,
        cast(content_hash as string) as content_hash
    from results

)

select * from renamed
