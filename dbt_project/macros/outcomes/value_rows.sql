{#- Rows of kpi_value from the columns of one number in a wide table; a cell without that number gives no row. -#}
{% macro value_rows(relation, metric_id, slug) -%}
select
    purpose_id,
    '{{ metric_id }}' as metric_id,
    metric_version,
    unit_type,
    unit,
    period_start,
    period_grain,
    cast({{ slug }} as double) as value,
    {{ slug }}_ci_low as ci_low,
    {{ slug }}_ci_high as ci_high,
    {{ slug }}_n as n,
    {{ slug }}_coverage as coverage,
    {{ slug }}_suppressed_reason as suppressed_reason
from {{ relation }}
where {{ slug }} is not null or {{ slug }}_suppressed_reason is not null
{%- endmacro %}
