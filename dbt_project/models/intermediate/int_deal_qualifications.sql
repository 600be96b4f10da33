-- One row per deal that has moved on from the stage it was first seen in: since then it is qualified.
-- No stage is matched by its name; which one comes first is what the deal's own history tells.
with

stages as (

    select
        source,
        deal_id,
        version_no,
        valid_from_at,
        {{ dbt.concat(['pipeline', "'/'", 'stage']) }} as stage
    from {{ ref('int_deal_versions') }}
    where stage is not null

),

compared as (

    select
        stages.*,
        first_value(stage) over (partition by source, deal_id order by version_no) as first_stage
    from stages

)

select
    source,
    deal_id,
    min({{ local_date('valid_from_at') }}) as qualified_date
from compared
where stage <> first_stage
group by source, deal_id
