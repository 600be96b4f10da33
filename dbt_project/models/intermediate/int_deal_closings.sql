-- One row per closed deal whose stage history shows the transition into the outcome that stands.
with

deals as (

    select 'salesforce' as source, opportunity_id as deal_id, stage, is_closed, is_won, created_at
    from {{ ref('stg_salesforce__opportunities') }}

),

history as (

    select 'salesforce' as source, history_id as step_id, opportunity_id as deal_id, stage, created_at as entered_at
    from {{ ref('stg_salesforce__opportunity_history') }}

),

standing as (

    select
        deals.source,
        deals.deal_id,
        deals.stage,
        deals.created_at,
        case when deals.is_won then 'won' else 'lost' end as outcome
    from deals
    where deals.is_closed

),

-- A stage that no deal stands in today is not known to be closed: it counts as open.
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
    from history
    inner join standing
        on history.source = standing.source and history.deal_id = standing.deal_id
    left join {{ ref('int_deal_stages') }} as stages
        on history.source = stages.source and history.stage = stages.stage

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
