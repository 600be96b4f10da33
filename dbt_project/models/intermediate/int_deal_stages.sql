-- One row per CRM x stage: what the stage means by the flags of the deals that stand in it, never by its name.
with

deals as (

    select 'salesforce' as source, stage, is_closed, is_won from {{ ref('stg_salesforce__opportunities') }}

),

flags as (

    select
        source,
        stage,
        count(*) as deal_count,
        min(case when is_closed then 1 else 0 end) as all_closed,
        max(case when is_closed then 1 else 0 end) as any_closed,
        min(case when is_won then 1 else 0 end) as all_won,
        max(case when is_won then 1 else 0 end) as any_won
    from deals
    where stage is not null and is_closed is not null
    group by source, stage

)

select
    source,
    stage,
    deal_count,
    case
        when any_closed = 0 then 'open'
        when all_closed = 1 and all_won = 1 then 'won'
        when all_closed = 1 and any_won = 0 then 'lost'
    end as outcome
from flags
