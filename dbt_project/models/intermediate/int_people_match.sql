-- One row per source with accounts of people: how many of them the join with the roster finds.
with

tools as (

    select distinct source from {{ ref('int_spaces') }}

),

roster as (

    select count(*) as person_count from {{ ref('int_people') }} where is_on_roster

)

select
    accounts.source,
    case when max(tools.source) is null then false else true end as is_tool,
    count(*) as account_count,
    count(accounts.person_key) as known_count,
    cast(sum(case when accounts.is_on_roster then 1 else 0 end) as bigint) as matched_count,
    max(roster.person_count) as roster_count
from {{ ref('int_accounts') }} as accounts
cross join roster
left join tools on accounts.source = tools.source
where accounts.account_kind = 'human'
group by accounts.source
