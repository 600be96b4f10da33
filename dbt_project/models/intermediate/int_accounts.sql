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

people as (

    select distinct person_key from {{ ref('stg_people__roster') }}

),

accounts as (

    select * from slack
    union all
    select * from salesforce

)

select
    accounts.source,
    accounts.account_key,
    accounts.email_key as person_key,
    case when accounts.email_key is not null then 'email' end as matched_by,
    case
        when accounts.is_bot = 1 then 'bot'
        when accounts.is_guest = 1 then 'guest'
        else 'human'
    end as account_kind,
    people.person_key is not null as is_on_roster
from accounts
left join people on accounts.email_key = people.person_key
