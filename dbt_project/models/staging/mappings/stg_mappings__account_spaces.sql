with

records as (

    {{ current_records(
        source('account_map', 'account_spaces'), key=['tool', 'space', 'source', 'account_id', 'domain']
    ) }}

),

renamed as (

    select
        cast(tool as string) as tool,
        cast(space as string) as space_pattern,
        cast(source as string) as crm_source,
        cast(account_id as string) as account_id,
        cast(domain as string) as domain,
        cast(file_id as string) as file_id,
        cast(loaded_at as timestamp) as loaded_at
    from records

)

select * from renamed
