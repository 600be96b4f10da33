{#- The whole numbers 0 to 9999 as a query with the one column n; no engine's own series function is needed. -#}
{% macro numbers() -%}
select ones.d + 10 * tens.d + 100 * hundreds.d + 1000 * thousands.d as n
from ({{ _digits() }}) as ones
cross join ({{ _digits() }}) as tens
cross join ({{ _digits() }}) as hundreds
cross join ({{ _digits() }}) as thousands
{%- endmacro %}

{% macro _digits() -%}
{% for d in range(10) %}select cast({{ d }} as bigint) as d{% if not loop.last %} union all {% endif %}{% endfor %}
{%- endmacro %}
