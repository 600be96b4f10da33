{#- The p-quantile of an expression by linear interpolation, as an aggregate; NULL for no rows. -#}
{% macro percentile(expression, p) -%}{{ return(adapter.dispatch('percentile')(expression, p)) }}{%- endmacro %}

{% macro default__percentile(expression, p) -%}
    percentile_cont({{ p }}) within group (order by cast({{ expression }} as double))
{%- endmacro %}

{% macro duckdb__percentile(expression, p) -%}
    quantile_cont(cast({{ expression }} as double), {{ p }})
{%- endmacro %}

{% macro spark__percentile(expression, p) -%}
    percentile(cast({{ expression }} as double), {{ p }})
{%- endmacro %}
