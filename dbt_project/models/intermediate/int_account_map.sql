-- One row per line of the account map x space x account that it ties; a name that resembles an account's ties nothing.
with

accounts as (

    select
        source,
        account_id,
        domain,
        -- Salesforce adds three characters that only check the case
        case when source = 'salesforce' then substring(account_id, 1, 15) else account_id end as account_ref
    from {{ ref('int_crm_accounts') }}

),

map_lines as (

    select
        {{ surrogate_key(['tool', 'space_pattern', 'crm_source', 'account_id', 'domain']) }} as line_key,
        mappings.*
    from {{ ref('stg_mappings__account_spaces') }} as mappings

),

mapped as (

    select
        line_key,
        tool,
        crm_source,
        domain,
        case when crm_source = 'salesforce' then substring(account_id, 1, 15) else account_id end as account_ref,
        {{ like_pattern('space_pattern') }} as like_pattern
    from map_lines

),

-- A line that has both says the account by its id.
mapped_accounts as (

    select mapped.line_key, mapped.tool, mapped.like_pattern, accounts.source, accounts.account_id, 'account_id' as rule
    from mapped
    inner join accounts on mapped.crm_source = accounts.source and mapped.account_ref = accounts.account_ref
    where mapped.account_ref <> ''
    union all
    select mapped.line_key, mapped.tool, mapped.like_pattern, accounts.source, accounts.account_id, 'domain' as rule
    from mapped
    inner join accounts on mapped.crm_source = accounts.source and mapped.domain = accounts.domain
    where mapped.account_ref = ''

),

spaces as (

    select
        source,
        space_id,
        lower(space_name) as name,
        lower(space_id) as id
    from {{ ref('int_spaces') }}
    where not is_direct

)

select
    mapped_accounts.line_key,
    spaces.source as space_source,
    spaces.space_id,
    mapped_accounts.source as account_source,
    mapped_accounts.account_id,
    mapped_accounts.rule
from mapped_accounts
inner join spaces
    on
        mapped_accounts.tool = spaces.source
        and (
            spaces.name like mapped_accounts.like_pattern escape '!'
            or spaces.id like '%/' || mapped_accounts.like_pattern escape '!'
        )
