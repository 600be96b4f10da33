-- One row per month x currency: its worth in the one reporting currency. Empty: amounts stay in their own currencies.
with

rates as (

    select * from {{ ref('stg_mappings__rates') }}

),

-- The variable says it; else the only base currency of the landed rates does. Of two nobody guesses one.
reporting as (

    {% if var('reporting_currency') -%}
    select '{{ var("reporting_currency") }}' as reporting_currency
    {%- else -%}
    select case when min(base_currency) = max(base_currency) then min(base_currency) end as reporting_currency
    from rates
    {%- endif %}

)

select
    rates.month_start,
    rates.currency,
    reporting.reporting_currency,
    rates.rate
from rates
inner join reporting on rates.base_currency = reporting.reporting_currency
