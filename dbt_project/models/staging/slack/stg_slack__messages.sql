with

records as (

    {{ current_records(source('slack', 'messages'), key=['team_id', 'channel_id', 'ts'], version='edited_at') }}

),

renamed as (

    select
        cast(team_id as string) as team_id,
        cast(channel_id as string) as channel_id,
        cast(ts as string) as ts,
        cast(sent_at as timestamp) as sent_at,
        cast(user_id as string) as user_key,
        cast(subtype as string) as subtype,
        cast(thread_ts as string) as thread_ts,
        cast(is_bot as boolean) as is_bot,
        cast(is_tombstone as boolean) as is_tombstone,
        cast(text_length as bigint) as text_length,
        cast(is_question as boolean) as is_question,
        cast(mention_count as bigint) as mention_count,
        cast(is_broadcast as boolean) as is_broadcast,
        cast(fingerprint as string) as fingerprint_key,
        cast(tags as string) as tags,
        cast(crm_links as string) as crm_links,
        cast(file_count as bigint) as file_count,
        cast(edited_at as timestamp) as edited_at,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
