{#- A double cut to a fixed number of decimals: the last digits of a sum of logarithms differ between engines and runs. -#}
{% macro rounded(value, decimals=9) -%}
    (floor(({{ value }}) * {{ 10 ** decimals }} + 0.5) / {{ 10 ** decimals }})
{%- endmacro %}
