{#- The distinct values of a text column as one text, sorted, separated by '; ', NULL where there is none. An aggregate. -#}
{% macro sorted_list(column) -%}{{ return(adapter.dispatch('sorted_list')(column)) }}{%- endmacro %}
{% macro default__sorted_list(column) -%}string_agg(distinct {{ column }}, '; ' order by {{ column }}){%- endmacro %}
{% macro spark__sorted_list(column) -%}nullif(array_join(array_sort(collect_set({{ column }})), '; '), ''){%- endmacro %}
