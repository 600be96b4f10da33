{#- numerator / denominator as a double; NULL, never 0, when there is nothing to divide by. -#}
{% macro safe_divide(numerator, denominator) -%}
    (cast({{ numerator }} as double) / cast(nullif({{ denominator }}, 0) as double))
{%- endmacro %}
