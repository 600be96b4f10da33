-- One row per entry into a stage x cell that it belongs to: the stage, for the organisation and for each purpose.
with

dated as (

    select
        scopes.purpose_id,
        'stage' as unit_type,
        case
            when entries.pipeline = '' then {{ dbt.concat(['entries.source', "'/'", 'entries.stage']) }}
            else {{ dbt.concat(['entries.source', "'/'", 'entries.pipeline', "'/'", 'entries.stage']) }}
        end as unit,
        entries.source,
        entries.deal_id,
        entries.owner_count_key,
        entries.entered_date as index_date,
        entries.outcome,
        entries.duration_days
    from {{ ref('int_stage_entries') }} as entries
    inner join {{ ref('int_deal_scopes') }} as scopes
        on entries.source = scopes.source and entries.deal_id = scopes.deal_id
    where scopes.unit_type in ('organisation', 'population')

),

periods as (

    {{ in_periods('dated') }}

)

select
    purpose_id,
    unit_type,
    unit,
    period_grain,
    period_start,
    source,
    deal_id,
    owner_count_key,
    outcome,
    duration_days
from periods
