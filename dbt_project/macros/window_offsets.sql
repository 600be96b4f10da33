{#-
  The numbers 0 to weeks - 1 as a query: a week counts in each window that ends that many weeks after it, and the windows
  are then found by an equality. window_end(week, n): the end of the window that has n weeks after this one.
-#}
{% macro window_offsets(weeks) -%}
select numbers.n from ({{ numbers() }}) as numbers where numbers.n < {{ weeks }}
{%- endmacro %}

{% macro window_end(week_start_date, n) -%}
    {{ add_days(week_start_date, '7 * cast(' ~ n ~ ' as int) + 7') }}
{%- endmacro %}
