-- One row per deal x cell by creation date x definition of influence: whether it is associated, and whether the sources
-- could have shown it: talk of 90 days before a deal is known only from 90 days after the first contribution on.
with

since as (

    select {{ add_days('min(first_date)', 90) }} as since_date from {{ ref('int_first_contributions') }}

),

spaces as (

    select count(*) as space_count from {{ ref('int_account_spaces') }}

),

kinds as (

    select 'sourced' as kind
    union all
    select 'assisted'
    union all
    select 'suspected'

)

select
    {{ cell('cells') }},
    kinds.kind,
    cells.source,
    cells.deal_id,
    cells.owner_count_key,
    cells.amount_created,
    cells.amount_currency,
    coalesce(deals.created_date >= since.since_date, false)
    and (kinds.kind <> 'suspected' or spaces.space_count > 0) as is_observable,
    case kinds.kind
        when 'sourced' then coalesce(influence.is_sourced, false)
        when 'assisted' then coalesce(influence.is_assisted, false)
        else coalesce(influence.is_suspected, false)
    end as is_influenced
from {{ ref('int_deal_cells') }} as cells
inner join {{ ref('fct_deal') }} as deals
    on cells.source = deals.source and cells.deal_id = deals.deal_id
cross join kinds
cross join since
cross join spaces
left join {{ ref('int_deal_influence') }} as influence
    on
        cells.source = influence.source
        and cells.deal_id = influence.deal_id
        and cells.purpose_id = influence.purpose_id
where cells.basis = 'created'
