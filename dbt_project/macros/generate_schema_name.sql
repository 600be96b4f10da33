{#- Layers are schemas of their own: staging, intermediate, marts, kpi; no prefix of the target. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
