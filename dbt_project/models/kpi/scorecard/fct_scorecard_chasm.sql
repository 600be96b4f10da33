-- One row per purpose with a forecast or a status of adoption: _org, since adoption is not cut by purpose.
with

adoption as (

    select
        purpose_id,
        chasm_status,
        growth,
        row_number() over (partition by purpose_id order by period_start desc) as window_from_last
    from {{ ref('kpi_adoption') }}
    where unit_type = 'organisation' and chasm_status is not null

),

-- When 16 % are reached: seen, forecast as a range, or refused.
crossing as (

    select
        purpose_id,
        t16_status,
        t16_earliest_date,
        t16_latest_date,
        refusal_reason as t16_refusal_reason
    from {{ ref('kpi_adoption_forecast') }}
    where scenario = 'all'

)

select
    coalesce(adoption.purpose_id, crossing.purpose_id) as purpose_id,
    adoption.chasm_status,
    adoption.growth,
    crossing.t16_status,
    crossing.t16_earliest_date,
    crossing.t16_latest_date,
    crossing.t16_refusal_reason
from (select * from adoption where window_from_last = 1) as adoption
full outer join crossing on adoption.purpose_id = crossing.purpose_id
