with

tools as (

    select distinct source from {{ ref('int_spaces') }}

),

roster as (

    select
        person_key,
        min(valid_from_date) as first_date,
        case when count(valid_until_date) = count(*) then max(valid_until_date) end as left_date,
        max(case when is_external then 1 else 0 end) as is_external
    from {{ ref('int_assignments') }}
    group by person_key

),

accounts as (

    select
        accounts.person_key,
        max(case when tools.source is not null then 1 else 0 end) as has_tool_account,
        max(case when tools.source is null then 1 else 0 end) as has_other_account,
        max(case when accounts.account_kind = 'guest' then 1 else 0 end) as is_guest,
        min(case when accounts.account_kind = 'bot' then 1 else 0 end) as is_bot
    from {{ ref('int_accounts') }} as accounts
    left join tools on accounts.source = tools.source
    where accounts.person_key is not null
    group by accounts.person_key

),

people as (

    select person_key from roster
    union
    select person_key from accounts
    where is_bot = 0

)

select
    people.person_key,
    roster.person_key is not null as is_on_roster,
    coalesce(accounts.has_tool_account, 0) = 1 as has_tool_account,
    coalesce(accounts.has_other_account, 0) = 1 as has_other_account,
    coalesce(roster.is_external, accounts.is_guest, 0) = 1 as is_external,
    roster.first_date,
    roster.left_date
from people
left join roster on people.person_key = roster.person_key
left join accounts on people.person_key = accounts.person_key
