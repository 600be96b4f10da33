{#-
  Rows of agg_behaviour for one number: every row of relation, which has unit_type, unit and period_start_date.
  n: what the value was computed from; people: whose behaviour it is; is_observable: a source can show it; enough: below
  it there is no value; is_due: it can be known by now; coverage: NULL where it is that of the cell.
-#}
{% macro behaviour_rows(
    relation, metric_id, value, n, people='people', low='null', high='null', enough='true', is_due='true', is_observable='true', coverage='null'
) -%}
select
    unit_type,
    unit,
    period_start_date,
    '{{ metric_id }}' as metric_id,
    cast({{ rounded(value, 12) }} as double) as value,
    cast({{ rounded(low, 12) }} as double) as ci_low,
    cast({{ rounded(high, 12) }} as double) as ci_high,
    cast({{ n }} as bigint) as n,
    cast({{ people }} as bigint) as people,
    cast({{ coverage }} as double) as coverage,
    case
        when not ({{ is_observable }}) then 'not_observable'
        when not coalesce({{ enough }}, false) then 'insufficient_n'
        when not coalesce({{ is_due }}, false) then 'not_yet'
    end as own_reason
from {{ relation }}
{%- endmacro %}

{#- Of a survival curve at h hours, ten are still followed then, or nobody was lost to sight before: the share is known. -#}
{% macro is_due_at(h) -%}(at_risk_{{ h }} >= 10 or censored_{{ h }} = 0){%- endmacro %}
