-- One row per cell by creation date: deals opened, their owners and their amount as first recorded (C7).
with

deals as (

    select * from {{ ref('int_deal_cells') }} where basis = 'created'

),

counts as (

    select
        {{ cell() }},
        count(*) as n_deals,
        count(duration_days) as n_timed,
        count(amount_created) as n_priced,
        count(distinct owner_count_key) as n_owners,
        count(distinct case when duration_days is not null then owner_count_key end) as n_owners_timed,
        count(distinct currency) as n_currencies,
        min(currency) as currency,
        sum(amount_created) as amount_total
    from deals
    group by {{ cell() }}

),

owner_amounts as (

    select
        {{ cell() }},
        owner_count_key,
        sum(abs(amount_created)) as amount
    from deals
    where amount_created is not null
    group by {{ cell() }}, owner_count_key

),

ranked as (

    select
        owner_amounts.*,
        row_number() over (partition by {{ cell() }} order by amount desc, owner_count_key) as owner_rank
    from owner_amounts

),

-- Dominance: what is left without the two largest must hide the largest from the second.
largest as (

    select
        {{ cell() }},
        max(case when owner_rank = 1 then amount end) as largest_amount,
        sum(case when owner_rank > 2 then amount else 0 end) as rest_amount
    from ranked
    group by {{ cell() }}

)

select
    {{ cell('counts') }},
    counts.n_deals,
    counts.n_timed,
    counts.n_priced,
    counts.n_owners,
    counts.n_owners_timed,
    counts.n_currencies,
    case when counts.n_currencies = 1 then counts.currency end as currency,
    case when counts.n_currencies = 1 then cast(counts.amount_total as decimal(18, 2)) end as amount_total,
    coalesce(largest.rest_amount < largest.largest_amount / 10, false) as is_dominated
from counts
left join largest
    on {{ same_cell('counts', 'largest') }}
