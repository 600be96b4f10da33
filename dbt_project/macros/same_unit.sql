{#- Joins two relations of one row per unit and w28 window. -#}
{% macro same_unit(left, right) -%}
    {%- for column in ['unit_type', 'unit', 'period_start_date'] -%}
        {{ left }}.{{ column }} = {{ right }}.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
