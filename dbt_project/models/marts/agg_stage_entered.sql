-- One row per stage cell: how many deals entered it in the period, and how many owners they have (C8).
select
    {{ cell() }},
    count(*) as n_entered,
    count(distinct owner_count_key) as n_owners
from {{ ref('int_stage_cells') }}
group by {{ cell() }}
