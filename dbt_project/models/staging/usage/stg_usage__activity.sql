with

records as (

    {{ shared_records('activity', key=['account_id', 'product', 'window_from_date', 'window_until_date']) }}

),

renamed as (

    select
        cast(source as string) as source,
        cast(account_id as string) as account_key,
        cast(email as string) as email_key,
        cast(product as string) as product,
        cast(window_from_date as date) as window_from_date,
        cast(window_until_date as date) as window_until_date,
        cast(last_active_date as date) as last_active_date,
        cast(is_deleted as boolean) as is_deleted,
        cast(is_concealed as boolean) as is_concealed,
        cast(post_count as bigint) as post_count,
        cast(reply_count as bigint) as reply_count,
        cast(reaction_count as bigint) as reaction_count,
        cast(read_count as bigint) as read_count,
        cast(meeting_count as bigint) as meeting_count,
        cast(call_count as bigint) as call_count,
        cast(other_action_count as bigint) as other_action_count,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
