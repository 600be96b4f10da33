{#- An amount at a rate, to the cent; NULL where the rate is missing. -#}
{% macro converted(amount, rate) -%}
    cast({{ rounded('cast(' ~ amount ~ ' as double) * ' ~ rate, 2) }} as decimal(18, 2))
{%- endmacro %}
