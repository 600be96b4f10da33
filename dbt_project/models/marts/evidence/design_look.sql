-- One row per design that can be evaluated: until which day its outcomes may be looked at, and which look that is.
with

designs as (

    select * from {{ ref('design_registry') }} where problem_codes = ''

),

seen as (

    select {{ local_date('max(observed_until)') }} as data_until_date from {{ ref('fct_deal') }}

),

looks as (

    select
        designs.design_id,
        count(case when looks.look_date <= seen.data_until_date then 1 end) as looks_passed,
        max(case when looks.look_date <= seen.data_until_date then looks.look_date end) as last_look_date,
        min(case when looks.look_date > seen.data_until_date then looks.look_date end) as next_look_date
    from designs
    cross join seen
    inner join {{ ref('stg_purposes__looks') }} as looks
        on designs.purpose_id = looks.purpose_id and designs.content_hash = looks.content_hash
    group by designs.design_id

)

select
    designs.design_id,
    seen.data_until_date,
    looks.looks_passed,
    looks.next_look_date,
    -- with planned looks nothing after the last one counts; before the first nothing after the start does
    case
        when looks.design_id is null then seen.data_until_date
        else coalesce(looks.last_look_date, designs.start_date)
    end as seen_until_date
from designs
cross join seen
left join looks on designs.design_id = looks.design_id
