{#- The columns that name a cell of the outcome KPIs: purpose x unit x period; prefixed when joined. -#}
{% macro cell(relation=none) -%}
    {%- for column in ['purpose_id', 'unit_type', 'unit', 'period_grain', 'period_start'] -%}
        {{ relation ~ '.' if relation }}{{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro same_cell(left, right) -%}
    {%- for column in ['purpose_id', 'unit_type', 'unit', 'period_grain', 'period_start'] -%}
        {{ left }}.{{ column }} = {{ right }}.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
