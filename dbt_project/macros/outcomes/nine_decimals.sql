{#- A double cut to nine decimals: the last digits of a sum of logarithms differ between engines. -#}
{% macro nine_decimals(value) -%}
    (floor(({{ value }}) * 1000000000 + 0.5) / 1000000000)
{%- endmacro %}
