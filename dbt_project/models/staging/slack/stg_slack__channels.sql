with

records as (

    {{ current_records(source('slack', 'channels'), key=['team_id', 'channel_id']) }}

),

renamed as (

    select
        cast(team_id as string) as team_id,
        cast(channel_id as string) as channel_id,
        cast(name as string) as channel_name,
        cast(kind as string) as kind,
        cast(created_at as timestamp) as created_at,
        cast(is_archived as boolean) as is_archived,
        cast(is_general as boolean) as is_general,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
