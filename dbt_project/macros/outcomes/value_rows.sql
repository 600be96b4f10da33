{#-
  Rows of kpi_value from the columns of one number in a wide table; a cell without that number gives no row.
  has_interval: the table holds <slug>_ci_low and _ci_high. own_coverage: the number has a coverage column of its own.
  places: of a label, its values as SQL and the number that stands for each. The version is the metric's own.
-#}
{% macro value_rows(relation, metric_id, slug, has_interval=true, own_coverage=false, places=none) -%}
{%- set value = slug -%}
{%- if places -%}
    {%- set value -%}
        case {{ slug }}{% for label, place in places.items() %} when {{ label }} then {{ place }}{% endfor %} end
    {%- endset -%}
{%- endif -%}
select
    purpose_id,
    '{{ metric_id }}' as metric_id,
    metrics.metric_version,
    unit_type,
    unit,
    period_start,
    period_grain,
    cast({{ value }} as double) as value,
    {{ slug ~ '_ci_low' if has_interval else 'cast(null as double)' }} as ci_low,
    {{ slug ~ '_ci_high' if has_interval else 'cast(null as double)' }} as ci_high,
    {{ slug }}_n as n,
    {{ slug ~ '_coverage' if own_coverage else 'coverage' }} as coverage,
    {{ slug }}_suppressed_reason as suppressed_reason
from {{ relation }} as wide
left join {{ ref('dim_metric') }} as metrics on metrics.metric_id = '{{ metric_id }}'
where {{ slug }} is not null or {{ slug }}_suppressed_reason is not null
{%- endmacro %}
