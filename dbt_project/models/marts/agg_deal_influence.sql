-- One row per creation cohort x definition of influence: the amount that it associates with collaboration (C6).
-- Deals older than what the collaboration tools show are not counted.
with

deals as (

    select
        {{ cell() }},
        kind,
        owner_count_key,
        amount_currency,
        is_observable and coalesce(amount_created > 0, false) as is_counted,
        is_observable and is_influenced and coalesce(amount_created > 0, false) as is_influenced,
        case when is_observable and is_influenced and amount_created > 0 then amount_created end as influenced_amount
    from {{ ref('int_influence_cells') }}

),

owners as (

    select
        deals.*,
        case when is_counted then owner_count_key end as counted_owner,
        case when is_influenced then owner_count_key end as influenced_owner,
        case when is_counted and not is_influenced then owner_count_key end as other_owner
    from deals

),

counts as (

    select
        {{ cell() }},
        kind,
        count(*) as n_created,
        sum(case when is_counted then 1 else 0 end) as n_deals,
        count(influenced_amount) as n_influenced,
        count(distinct counted_owner) as n_counted_owners,
        count(distinct influenced_owner) as n_influenced_owners,
        count(distinct other_owner) as n_other_owners,
        count(distinct case when is_counted then amount_currency end) as n_currencies,
        min(case when is_counted then amount_currency end) as currency,
        sum(influenced_amount) as amount
    from owners
    group by {{ cell() }}, kind

),

dominance as (

    {{ dominated_cells('owners', 'influenced_owner', 'influenced_amount', also='kind') }}

)

-- A sum tells on few owners as much by what it leaves out as by what it holds.
select
    {{ cell('counts') }},
    counts.kind,
    counts.n_created,
    cast(counts.n_deals as bigint) as n_deals,
    counts.n_influenced,
    case
        when counts.n_influenced_owners = 0 or counts.n_other_owners = 0 then counts.n_counted_owners
        else least(counts.n_influenced_owners, counts.n_other_owners)
    end as n_owners,
    counts.n_currencies,
    case when counts.n_currencies = 1 then counts.currency end as currency,
    case when counts.n_currencies = 1 then cast(coalesce(counts.amount, 0) as decimal(18, 2)) end as amount,
    coalesce(dominance.is_dominated, false) as is_dominated
from counts
left join dominance
    on {{ same_cell('counts', 'dominance') }} and counts.kind = dominance.kind
