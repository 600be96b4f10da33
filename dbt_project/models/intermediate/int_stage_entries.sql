-- One row per deal x open stage that its history shows it entering, the first time: what came of it, and when.
with

steps as (

    select
        steps.source,
        steps.deal_id,
        steps.pipeline,
        steps.stage,
        steps.entered_at,
        deals.owner_count_key,
        deals.outcome as deal_outcome,
        case
            when deals.outcome = 'open' then {{ local_date('deals.observed_until') }} else deals.closed_date
        end as deal_until_date,
        row_number() over (
            partition by steps.source, steps.deal_id order by steps.entered_at, steps.step_id
        ) as step_no
    from {{ ref('int_deal_steps') }} as steps
    inner join {{ ref('fct_deal') }} as deals
        on steps.source = deals.source and steps.deal_id = deals.deal_id
    where steps.stage is not null and steps.entered_at is not null and deals.outcome is not null

),

compared as (

    select
        steps.*,
        lag({{ dbt.concat(['pipeline', "'/'", 'stage']) }}) over (
            partition by source, deal_id order by step_no
        ) as step_before
    from steps

),

-- A change of amount or date repeats the stage: it is no entry.
entries as (

    select
        compared.*,
        lead(pipeline) over (partition by source, deal_id order by step_no) as next_pipeline,
        lead(stage) over (partition by source, deal_id order by step_no) as next_stage,
        lead(entered_at) over (partition by source, deal_id order by step_no) as next_entered_at,
        row_number() over (partition by source, deal_id, pipeline, stage order by step_no) as entry_no
    from compared
    where step_before is null or step_before <> {{ dbt.concat(['pipeline', "'/'", 'stage']) }}

),

fates as (

    select
        entries.source,
        entries.deal_id,
        entries.pipeline,
        entries.stage,
        entries.owner_count_key,
        {{ local_date('entries.entered_at') }} as entered_date,
        case
            when entries.next_stage is null then entries.deal_outcome
            when next_stages.outcome = 'lost' then 'lost'
            -- back to a stage that the stage map puts before this one
            when next_stages.outcome = 'open' and next_stages.position < stages.position then 'lost'
            else 'won'
        end as outcome,
        case
            when entries.next_stage is null then entries.deal_until_date
            else {{ local_date('entries.next_entered_at') }}
        end as until_date
    from entries
    inner join {{ ref('int_deal_stages') }} as stages
        on
            entries.source = stages.source
            and entries.pipeline = stages.pipeline
            and entries.stage = stages.stage
            and stages.outcome = 'open'
    left join {{ ref('int_deal_stages') }} as next_stages
        on
            entries.source = next_stages.source
            and entries.next_pipeline = next_stages.pipeline
            and entries.next_stage = next_stages.stage
    where entries.entry_no = 1

),

timed as (

    select
        fates.*,
        {{ days_between('entered_date', 'until_date') }} as day_count
    from fates

)

-- In the words of the curves: won is having moved on, lost is everything else that ends the stay.
select
    source,
    deal_id,
    pipeline,
    stage,
    owner_count_key,
    entered_date,
    outcome,
    case when day_count = 0 then cast(0.5 as double) else cast(day_count as double) end as duration_days
from timed
where day_count >= 0
