-- One row per deal x purpose and unit that it is counted in, whatever the period.
with

deals as (

    select
        source,
        deal_id,
        org_unit,
        currency
    from {{ ref('fct_deal') }}
    where outcome is not null and created_date is not null

),

populations as (

    select
        registry.purpose_id,
        units.org_unit
    from {{ ref('int_purpose_registry') }} as registry
    inner join {{ ref('stg_purposes__org_units') }} as units
        on registry.purpose_id = units.purpose_id and registry.content_hash = units.content_hash

),

-- A CRM that keeps one currency needs no cells by currency: they would repeat the organisation's.
currencies as (

    select count(distinct currency) as currency_count from deals

)

select source, deal_id, '_org' as purpose_id, 'organisation' as unit_type, '_org' as unit
from deals
union all
select source, deal_id, '_org', 'org_unit', org_unit
from deals
union all
select deals.source, deals.deal_id, '_org', 'currency', deals.currency
from deals
inner join currencies on currencies.currency_count > 1
union all
select deals.source, deals.deal_id, populations.purpose_id, 'population', populations.purpose_id as unit
from deals
inner join populations on deals.org_unit = populations.org_unit
