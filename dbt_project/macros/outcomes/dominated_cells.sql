{#-
  One row per cell: is_dominated, when what is left of a total without its two largest owners cannot hide the largest
  from the second (the p-per-cent rule with p = 10). relation: rows with the columns of a cell, owner and amount; also:
  a column that divides the cell further.
-#}
{% macro dominated_cells(relation, owner, amount, also=none) -%}
{%- set key = cell() ~ (', ' ~ also if also else '') -%}
select
    {{ key }},
    coalesce(
        sum(case when owner_rank > 2 then owner_amount else 0 end) < max(owner_amount) / 10, false
    ) as is_dominated
from (
    select
        {{ key }},
        sum({{ amount }}) as owner_amount,
        row_number() over (partition by {{ key }} order by sum({{ amount }}) desc, {{ owner }}) as owner_rank
    from {{ relation }}
    where {{ owner }} is not null and {{ amount }} is not null
    group by {{ key }}, {{ owner }}
) as owners
group by {{ key }}
{%- endmacro %}
