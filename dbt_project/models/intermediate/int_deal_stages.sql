-- One row per CRM x pipeline x stage: what the stage means by the deals that stand in it, else by the stage map; never
-- by its name.
with

flags as (

    select
        source,
        pipeline,
        stage,
        count(*) as deal_count,
        case when min(outcome) = max(outcome) then min(outcome) end as outcome,
        count(outcome) as told_count
    from {{ ref('int_deal_records') }}
    where stage is not null
    group by source, pipeline, stage

),

mapped as (

    select * from {{ ref('stg_mappings__stages') }}

),

stages as (

    select source, pipeline, stage from flags
    union
    select source, pipeline, stage from {{ ref('int_deal_steps') }}
    where stage is not null

)

select
    stages.source,
    stages.pipeline,
    stages.stage,
    coalesce(flags.deal_count, 0) as deal_count,
    case
        when flags.told_count > 0 then flags.outcome
        else coalesce(of_pipeline.outcome, of_all.outcome)
    end as outcome,
    coalesce(of_pipeline.position, of_all.position) as position
from stages
left join flags
    on stages.source = flags.source and stages.pipeline = flags.pipeline and stages.stage = flags.stage
left join mapped as of_pipeline
    on
        stages.source = of_pipeline.source
        and stages.pipeline = of_pipeline.pipeline
        and stages.stage = of_pipeline.stage
left join mapped as of_all
    on stages.source = of_all.source and of_all.pipeline = '' and stages.stage = of_all.stage
