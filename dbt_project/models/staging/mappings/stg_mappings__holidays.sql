with

records as (

    {{ current_records(source('org_calendar', 'holidays'), key=['calendar', 'holiday_date']) }}

),

renamed as (

    select
        cast(calendar as string) as calendar,
        cast(holiday_date as date) as holiday_date,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
