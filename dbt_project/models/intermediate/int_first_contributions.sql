select
    source,
    min(occurred_date) as first_date
from {{ ref('int_interactions') }}
where is_contribution
group by source
