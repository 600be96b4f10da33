-- One row per cell by closing date in whose scope any deal is known to have moved on: the qualified deals that were
-- open at the end of its period, or as last seen where the period is not over.
with

horizon as (

    select
        cast({{ dbt.dateadd('month', 1, dbt.date_trunc('month', 'max(observed_date)')) }} as date) as month_end_date,
        cast({{ dbt.dateadd('month', 3, dbt.date_trunc('quarter', 'max(observed_date)')) }} as date) as quarter_end_date
    from {{ ref('int_deal_durations') }}

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

-- The ends of months after the deal qualified, up to its close. Every third is a quarter's.
month_ends as (

    select
        qualified.*,
        cast({{ dbt.dateadd(
            'month', 'cast(numbers.n as int) + 1', dbt.date_trunc('month', 'qualified.qualified_date')
        ) }} as date) as until_date
    from qualified
    cross join ({{ numbers() }}) as numbers
    where numbers.n < 120

),

open_then as (

    select
        purpose_id, unit_type, unit, owner_count_key, 'month' as period_grain,
        cast({{ dbt.dateadd('month', -1, 'until_date') }} as date) as period_start
    from month_ends
    cross join horizon
    where closed_date >= until_date or (closed_date is null and until_date <= month_end_date)
    union all
    select
        purpose_id, unit_type, unit, owner_count_key, 'quarter',
        cast({{ dbt.dateadd('month', -3, 'until_date') }} as date)
    from month_ends
    cross join horizon
    where
        (closed_date >= until_date or (closed_date is null and until_date <= quarter_end_date))
        and until_date = cast({{ dbt.date_trunc('quarter', 'until_date') }} as date)
    union all
    select
        qualified.purpose_id, qualified.unit_type, qualified.unit, qualified.owner_count_key, windows.period_grain,
        windows.from_date
    from qualified
    inner join {{ ref('int_purpose_windows') }} as windows
        on
            qualified.purpose_id = windows.purpose_id
            and (qualified.qualified_date < windows.until_date or windows.until_date is null)
            and (qualified.closed_date >= windows.until_date or qualified.closed_date is null)

),

counts as (

    select
        {{ cell() }},
        count(*) as n_open,
        count(distinct owner_count_key) as n_owners
    from open_then
    group by {{ cell() }}

),

cells as (

    select distinct {{ cell() }}
    from {{ ref('int_deal_cells') }}
    where basis = 'closed'

),

observable as (

    select distinct purpose_id, unit_type, unit from qualified

)

select
    {{ cell('cells') }},
    coalesce(counts.n_open, 0) as n_open,
    coalesce(counts.n_owners, 0) as n_owners
from cells
inner join observable
    on
        cells.purpose_id = observable.purpose_id
        and cells.unit_type = observable.unit_type
        and cells.unit = observable.unit
left join counts on {{ same_cell('cells', 'counts') }}
