with

records as (

    {{ current_records(source('slack', 'mentions'), key=['team_id', 'channel_id', 'ts', 'user_id']) }}

),

renamed as (

    select
        cast(team_id as string) as team_id,
        cast(channel_id as string) as channel_id,
        cast(ts as string) as ts,
        cast(user_id as string) as user_key,
        cast(sent_at as timestamp) as sent_at,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
