-- One row per purpose x window that its file declares: its baseline, and the time since its start.
with

registry as (

    select * from {{ ref('int_purpose_registry') }}

)

select
    purpose_id,
    'baseline' as period_grain,
    baseline_from_date as from_date,
    baseline_until_date as until_date
from registry
where baseline_from_date is not null and baseline_until_date is not null
union all
select
    purpose_id,
    'since_start' as period_grain,
    start_date as from_date,
    cast(null as date) as until_date
from registry
where start_date is not null
