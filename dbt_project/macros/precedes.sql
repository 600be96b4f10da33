{#- Whether one text comes before another, by code points on every engine, whatever order the database sorts by. -#}
{% macro precedes(left, right) -%}{{ return(adapter.dispatch('precedes')(left, right)) }}{%- endmacro %}
{% macro default__precedes(left, right) -%}({{ left }} < {{ right }}){%- endmacro %}
{% macro postgres__precedes(left, right) -%}({{ left }} collate "C" < {{ right }} collate "C"){%- endmacro %}
