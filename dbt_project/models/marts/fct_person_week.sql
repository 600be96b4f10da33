select
    person_key,
    {{ week_start('occurred_date') }} as week_start_date,
    cast(sum(contribution_count) as bigint) as contribution_count,
    cast(sum(tied_count) as bigint) as tied_count,
    cast(sum(reaction_count) as bigint) as reaction_count,
    count(*) as active_day_count,
    cast(sum(case when tied_count > 0 then 1 else 0 end) as bigint) as tied_day_count
from {{ ref('fct_person_day') }}
where {{ touched('occurred_date', 0, 6) }}
group by person_key, {{ week_start('occurred_date') }}
