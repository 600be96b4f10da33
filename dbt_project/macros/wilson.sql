{#- Bounds of the 95 % Wilson interval of successes / n as a double; NULL when n is 0 or NULL. z = 1.959963984540054 -#}
{% macro wilson_low(successes, n) -%}
    {{ _wilson(successes, n, '-') }}
{%- endmacro %}

{% macro wilson_high(successes, n) -%}
    {{ _wilson(successes, n, '+') }}
{%- endmacro %}

{% macro _wilson(successes, n, sign) -%}
    {%- set s, m, z2 = 'cast(' ~ successes ~ ' as double)', 'cast(nullif(' ~ n ~ ', 0) as double)', 3.8414588206941245 -%}
    case
        when {{ n }} is null or {{ successes }} is null then null
        when {{ successes }} = {{ '0' if sign == '-' else n }} and {{ n }} > 0 then cast({{ '0' if sign == '-' else '1' }} as double)
        else (
            {{ s }} + {{ z2 / 2 }}
            {{ sign }} sqrt({{ z2 }}) * sqrt({{ s }} * ({{ m }} - {{ s }}) / {{ m }} + {{ z2 / 4 }})
        ) / ({{ m }} + {{ z2 }})
    end
{%- endmacro %}
