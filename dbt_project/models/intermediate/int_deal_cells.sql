-- One row per deal x basis x cell that it belongs to. A cell is purpose x unit x period; the basis says which
-- date puts a deal into the period: created (cohorts) or closed (deals decided in the period).
with

deals as (

    select
        source,
        deal_id,
        owner_count_key,
        org_unit,
        outcome,
        created_date,
        closed_date,
        duration_days,
        amount,
        amount_created,
        currency
    from {{ ref('fct_deal') }}
    where outcome is not null and created_date is not null

),

purposes as (

    select
        registry.purpose_id,
        registry.start_date,
        registry.baseline_from_date,
        registry.baseline_until_date,
        units.org_unit
    from {{ ref('int_purpose_registry') }} as registry
    inner join {{ ref('stg_purposes__org_units') }} as units
        on registry.purpose_id = units.purpose_id and registry.content_hash = units.content_hash

),

-- A CRM that keeps one currency needs no cells by currency: they would repeat the organisation's.
currencies as (

    select count(distinct currency) as currency_count from deals

),

scopes as (

    select '_org' as purpose_id, 'organisation' as unit_type, '_org' as unit, deals.* from deals
    union all
    select '_org', 'org_unit', deals.org_unit, deals.* from deals
    union all
    select '_org', 'currency', deals.currency, deals.*
    from deals
    inner join currencies on currencies.currency_count > 1
    union all
    select purposes.purpose_id, 'population' as unit_type, purposes.purpose_id as unit, deals.*
    from deals
    inner join purposes on deals.org_unit = purposes.org_unit

),

dated as (

    select 'created' as basis, created_date as index_date, scopes.* from scopes
    union all
    select 'closed', closed_date, scopes.* from scopes where outcome <> 'open' and closed_date is not null

),

purpose_windows as (

    select distinct
        purpose_id,
        'baseline' as period_grain,
        baseline_from_date as from_date,
        baseline_until_date as until_date
    from purposes
    where baseline_from_date is not null and baseline_until_date is not null
    union all
    select distinct purpose_id, 'since_start', start_date, cast(null as date)
    from purposes
    where start_date is not null

),

periods as (

    select 'month' as period_grain, cast({{ dbt.date_trunc('month', 'index_date') }} as date) as period_start, dated.*
    from dated
    union all
    select 'quarter', cast({{ dbt.date_trunc('quarter', 'index_date') }} as date), dated.*
    from dated
    union all
    select purpose_windows.period_grain, purpose_windows.from_date, dated.*
    from dated
    inner join purpose_windows
        on dated.purpose_id = purpose_windows.purpose_id
        and dated.index_date >= purpose_windows.from_date
        and (dated.index_date < purpose_windows.until_date or purpose_windows.until_date is null)

)

select
    basis,
    purpose_id,
    unit_type,
    unit,
    period_grain,
    period_start,
    source,
    deal_id,
    owner_count_key,
    outcome,
    duration_days,
    amount,
    amount_created,
    currency
from periods
