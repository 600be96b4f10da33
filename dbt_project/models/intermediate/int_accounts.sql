with

slack as (

    select
        'slack' as source,
        user_key as account_key,
        max(email_key) as email_key,
        max(case when is_bot then 1 else 0 end) as is_bot,
        max(case when is_guest then 1 else 0 end) as is_guest
    from {{ ref('stg_slack__users') }}
    group by user_key

),

salesforce as (

    select
        'salesforce' as source,
        user_key as account_key,
        coalesce(email_key, username_key) as email_key,
        case when user_type is null or user_type = 'Standard' then 0 else 1 end as is_bot,
        0 as is_guest
    from {{ ref('stg_salesforce__users') }}

),

other_tools as (

    select
        source,
        account_key,
        email_key,
        case when is_bot then 1 else 0 end as is_bot,
        case when is_guest then 1 else 0 end as is_guest
    from {{ ref('stg_collaboration__accounts') }}

),

other_crms as (

    select
        source,
        owner_key as account_key,
        email_key,
        0 as is_bot,
        0 as is_guest
    from {{ ref('stg_crm__owners') }}

),

people as (

    select distinct person_key from {{ ref('int_roster') }}

),

accounts as (

    select * from slack
    union all
    select * from salesforce
    union all
    select * from other_tools
    union all
    select * from other_crms

),

-- The address of the export, else that of the identity map; a name alone never matches anybody. An address for which
-- the identity map tells another one (an alias, a user principal name, a name before a rebrand) stands for that one.
matched as (

    select
        accounts.*,
        coalesce(aliases.person_key, accounts.email_key, identities.email_key) as person_key,
        case
            when accounts.email_key is not null and aliases.person_key is null then 'email'
            when coalesce(aliases.person_key, identities.email_key) is not null then 'identity_map'
        end as matched_by
    from accounts
    left join {{ ref('stg_mappings__identities') }} as identities
        on accounts.source = identities.source and accounts.account_key = identities.account_key
    left join {{ ref('int_aliases') }} as aliases
        on coalesce(accounts.email_key, identities.email_key) = aliases.address_key

)

select
    matched.source,
    matched.account_key,
    matched.person_key,
    matched.matched_by,
    case
        when matched.is_bot = 1 then 'bot'
        when matched.is_guest = 1 then 'guest'
        else 'human'
    end as account_kind,
    people.person_key is not null as is_on_roster
from matched
left join people on matched.person_key = people.person_key
