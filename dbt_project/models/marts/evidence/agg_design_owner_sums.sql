-- One row per landmark design with deals before the start: sums over owners, whose deals resemble each other.
with

owners as (

    select
        design_id,
        owner_count_key,
        count(*) as n,
        sum(y) as sum_y,
        sum(y * y) as sum_y2
    from {{ ref('fct_design_deal') }}
    where method = 'landmark' and not is_post and y is not null
    group by design_id, owner_count_key

)

select
    design_id,
    count(*) as owners_count,
    sum(n) as owners_n,
    sum(cast(n as double) * n) as owners_n2,
    sum(sum_y) as owners_sum_y,
    sum(sum_y * sum_y / n) as owners_between,
    sum(sum_y2) as owners_sum_y2
from owners
group by design_id
