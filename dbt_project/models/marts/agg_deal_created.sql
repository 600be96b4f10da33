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
        count(distinct case when amount_created is not null then amount_currency end) as n_currencies,
        min(case when amount_created is not null then amount_currency end) as currency,
        sum(amount_created) as amount_total
    from deals
    group by {{ cell() }}

),

dominance as (

    {{ dominated_cells('deals', 'owner_count_key', 'abs(amount_created)') }}

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
    coalesce(dominance.is_dominated, false) as is_dominated
from counts
left join dominance
    on {{ same_cell('counts', 'dominance') }}
