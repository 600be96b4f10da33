{#-
  One metric of a relation with a row per cell, as rows of agg_outcome. people: distinct owners behind the number;
  reason: the metric's own minimum, NULL where it is met.
-#}
{% macro outcome_row(metric_id, relation, value, n, people, coverage='1', reason='null', low='null', high='null', currency='null') -%}
select
    {{ cell() }},
    {{ metric_id }} as metric_id,
    cast({{ currency }} as string) as currency,
    cast({{ value }} as double) as value,
    cast({{ low }} as double) as ci_low,
    cast({{ high }} as double) as ci_high,
    cast({{ n }} as bigint) as n,
    cast({{ people }} as bigint) as people,
    cast({{ coverage }} as double) as coverage,
    cast({{ reason }} as string) as own_reason
from {{ relation }}
{%- endmacro %}
