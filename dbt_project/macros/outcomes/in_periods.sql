{#-
  The rows of a relation in each period that their index_date lies in: month, quarter, and the windows of their purpose.
  relation: rows with purpose_id and index_date; adds period_grain and period_start.
-#}
{% macro in_periods(relation) -%}
select
    'month' as period_grain,
    cast({{ dbt.date_trunc('month', 'index_date') }} as date) as period_start,
    {{ relation }}.*
from {{ relation }}
union all
select
    'quarter' as period_grain,
    cast({{ dbt.date_trunc('quarter', 'index_date') }} as date) as period_start,
    {{ relation }}.*
from {{ relation }}
union all
select
    windows.period_grain,
    windows.from_date as period_start,
    {{ relation }}.*
from {{ relation }}
inner join {{ ref('int_purpose_windows') }} as windows
    on {{ relation }}.purpose_id = windows.purpose_id
    and {{ relation }}.index_date >= windows.from_date
    and ({{ relation }}.index_date < windows.until_date or windows.until_date is null)
{%- endmacro %}
