{#-
  The columns that all lenses share, from the sums of one period; a number of people is itself what k protects.

  lens_share(metric_id, numerator, denominator, …)   a share of people or posts with its Wilson interval
  lens_number(metric_id, value, …)                   any other number: no interval
-#}
{% macro lens_share(metric_id, numerator, denominator, people=none, coverage='cast(1 as double)') -%}
    '{{ metric_id }}' as metric_id,
    {{ rounded(safe_divide(numerator, denominator)) }} as value,
    {{ rounded(wilson_low(numerator, denominator)) }} as ci_low,
    {{ rounded(wilson_high(numerator, denominator)) }} as ci_high,
    cast({{ denominator }} as bigint) as n,
    cast({{ people or denominator }} as bigint) as people,
    {{ coverage }} as coverage,
    case
        when {{ denominator }} < 30 or {{ numerator }} < 5 or {{ denominator }} - ({{ numerator }}) < 5 then 'small_n'
    end as own_reason
{%- endmacro %}

{% macro lens_number(metric_id, value, n, people, coverage='cast(1 as double)', own_reason='cast(null as string)') -%}
    '{{ metric_id }}' as metric_id,
    cast({{ value }} as double) as value,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high,
    cast({{ n }} as bigint) as n,
    cast({{ people }} as bigint) as people,
    {{ coverage }} as coverage,
    {{ own_reason }} as own_reason
{%- endmacro %}
