-- One row per map, CRM and calendar: how many of a map's lines name something that the exports hold, of how many of a
-- CRM's deals the outcome is known, whether the calendar's zone is that in which days are cut. Where these fail, they
-- fail in silence.
with

account_map_lines as (

    select distinct line_key from {{ ref('int_account_map') }}

),

identity_lines as (

    select
        'identity_map' as source,
        'line' as kind,
        count(*) as total_count,
        count(accounts.account_key) as matched_count
    from {{ ref('stg_mappings__identities') }} as identities
    left join {{ ref('int_accounts') }} as accounts
        on identities.source = accounts.source and identities.account_key = accounts.account_key
    -- an alias names an address and no account
    where identities.source <> 'email'

),

account_lines as (

    select
        'account_map' as source,
        'line' as kind,
        count(*) as total_count,
        max(matched.line_count) as matched_count
    from {{ ref('stg_mappings__account_spaces') }}
    cross join (select count(*) as line_count from account_map_lines) as matched

),

-- A line without a pipeline speaks of all of them.
stages as (

    select source, pipeline, stage from {{ ref('int_deal_stages') }}
    union
    select source, '', stage from {{ ref('int_deal_stages') }}

),

stage_lines as (

    select
        'stage_map' as source,
        'line' as kind,
        count(*) as total_count,
        count(stages.stage) as matched_count
    from {{ ref('stg_mappings__stages') }} as mapped
    left join stages
        on mapped.source = stages.source and mapped.pipeline = stages.pipeline and mapped.stage = stages.stage

),

deals as (

    select
        source,
        'deal' as kind,
        count(*) as total_count,
        count(outcome) as matched_count
    from {{ ref('int_deals') }}
    group by source

),

calendars as (

    select
        'org_calendar' as source,
        'zone' as kind,
        count(*) as total_count,
        count(case when time_zone = '{{ var("time_zone") }}' then 1 end) as matched_count
    from {{ ref('stg_mappings__calendars') }}
    where calendar = 'default' and time_zone is not null

),

matches as (

    select * from identity_lines
    union all
    select * from account_lines
    union all
    select * from stage_lines
    union all
    select * from deals
    union all
    select * from calendars

)

select
    source,
    kind,
    total_count,
    matched_count
from matches
where total_count > 0
