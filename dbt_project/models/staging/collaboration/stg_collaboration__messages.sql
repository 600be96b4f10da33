with

records as (

    {{ shared_records('messages', key=['message_id'], version='edited_at') }}

),

renamed as (

    select
        cast(source as string) as source,
        cast(message_id as string) as message_id,
        cast(space_id as string) as space_id,
        cast(sent_at as timestamp) as sent_at,
        cast(account_id as string) as account_key,
        cast(parent_id as string) as parent_id,
        cast(is_bot as boolean) as is_bot,
        cast(is_system as boolean) as is_system,
        cast(is_deleted as boolean) as is_deleted,
        cast(text_length as bigint) as text_length,
        cast(is_question as boolean) as is_question,
        cast(mention_count as bigint) as mention_count,
        cast(is_broadcast as boolean) as is_broadcast,
        cast(fingerprint as string) as fingerprint_key,
        cast(tags as string) as tags,
        cast(crm_links as string) as crm_links,
        cast(file_count as bigint) as file_count,
        cast(edited_at as timestamp) as edited_at,
        cast(by_delegate as boolean) as by_delegate,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
