-- One row per cell by closing date in whose scope any deal is known to have moved on: the qualified deals that were
-- open at the end of its period, or as last seen where the period is not over.
with

cells as (

    select distinct {{ cell() }}
    from {{ ref('int_deal_cells') }}
    where basis = 'closed'

),

ends as (

    select
        {{ cell('cells') }},
        case cells.period_grain
            when 'month' then cast({{ dbt.dateadd('month', 1, 'cells.period_start') }} as date)
            when 'quarter' then cast({{ dbt.dateadd('month', 3, 'cells.period_start') }} as date)
            else windows.until_date
        end as until_date
    from cells
    left join {{ ref('int_purpose_windows') }} as windows
        on cells.purpose_id = windows.purpose_id and cells.period_grain = windows.period_grain

),

qualified as (

    select
        scopes.purpose_id,
        scopes.unit_type,
        scopes.unit,
        deals.owner_count_key,
        qualifications.qualified_date,
        case when deals.outcome <> 'open' then deals.closed_date end as closed_date
    from {{ ref('int_deal_qualifications') }} as qualifications
    inner join {{ ref('fct_deal') }} as deals
        on qualifications.source = deals.source and qualifications.deal_id = deals.deal_id
    inner join {{ ref('int_deal_scopes') }} as scopes
        on deals.source = scopes.source and deals.deal_id = scopes.deal_id
    where deals.outcome = 'open' or deals.closed_date > qualifications.qualified_date

),

observable as (

    select distinct purpose_id, unit_type, unit from qualified

),

counts as (

    select
        {{ cell('ends') }},
        count(*) as n_open,
        count(distinct qualified.owner_count_key) as n_owners
    from ends
    inner join qualified
        on
            ends.purpose_id = qualified.purpose_id
            and ends.unit_type = qualified.unit_type
            and ends.unit = qualified.unit
            and (qualified.qualified_date < ends.until_date or ends.until_date is null)
            and (qualified.closed_date >= ends.until_date or qualified.closed_date is null)
    group by {{ cell('ends') }}

)

select
    {{ cell('ends') }},
    coalesce(counts.n_open, 0) as n_open,
    coalesce(counts.n_owners, 0) as n_owners
from ends
inner join observable
    on
        ends.purpose_id = observable.purpose_id
        and ends.unit_type = observable.unit_type
        and ends.unit = observable.unit
left join counts on {{ same_cell('ends', 'counts') }}
