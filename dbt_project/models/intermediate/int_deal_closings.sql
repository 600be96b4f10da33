-- One row per closed deal whose stage history shows the transition into the outcome that stands.
with

standing as (

    select
        deals.source,
        deals.deal_id,
        deals.pipeline,
        deals.stage,
        deals.created_at,
        coalesce(deals.outcome, stages.outcome) as outcome
    from {{ ref('int_deal_records') }} as deals
    left join {{ ref('int_deal_stages') }} as stages
        on deals.source = stages.source and deals.pipeline = stages.pipeline and deals.stage = stages.stage
    where coalesce(deals.outcome, stages.outcome) in ('won', 'lost')

),

-- A stage that nothing explains is not known to be closed: it counts as open.
steps as (

    select
        history.source,
        history.deal_id,
        history.entered_at,
        standing.outcome,
        standing.created_at,
        case
            when history.stage = standing.stage then standing.outcome else coalesce(stages.outcome, 'open')
        end as step_outcome,
        row_number() over (
            partition by history.source, history.deal_id order by history.entered_at, history.step_id
        ) as step_number
    from {{ ref('int_deal_steps') }} as history
    inner join standing
        on history.source = standing.source and history.deal_id = standing.deal_id
    left join {{ ref('int_deal_stages') }} as stages
        on history.source = stages.source and history.pipeline = stages.pipeline and history.stage = stages.stage

),

last_other as (

    select
        source,
        deal_id,
        max(case when step_outcome <> outcome then step_number else 0 end) as last_other_step
    from steps
    group by source, deal_id

),

closings as (

    select
        steps.source,
        steps.deal_id,
        min(steps.entered_at) as closed_at,
        max(last_other.last_other_step) as last_other_step,
        min(steps.created_at) as created_at
    from steps
    inner join last_other
        on steps.source = last_other.source and steps.deal_id = last_other.deal_id
    where steps.step_number > last_other.last_other_step
    group by steps.source, steps.deal_id

)

-- A history that begins in the closed stage shows a transition only if it begins with the deal itself.
select
    source,
    deal_id,
    closed_at
from closings
where last_other_step > 0 or {{ local_date("closed_at") }} = {{ local_date("created_at") }}
