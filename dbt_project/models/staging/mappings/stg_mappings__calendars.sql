with

records as (

    {{ current_records(source('org_calendar', 'calendars'), key=['calendar']) }}

),

renamed as (

    select
        cast(calendar as string) as calendar,
        cast(time_zone as string) as time_zone,
        cast(business_from_minutes as bigint) as business_from_minutes,
        cast(business_until_minutes as bigint) as business_until_minutes,
        cast(weekdays as string) as weekdays,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
