{#-
  Layers are schemas of their own: staging, intermediate, marts, kpi; no prefix of the target.
  Where readers share the database, kpi is built beside the published schema under another name.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name == 'kpi' -%}{{ env_var('THROUGHLINE_KPI_SCHEMA', 'kpi') }}
    {%- else -%}{{ (custom_schema_name or target.schema) | trim }}{%- endif -%}
{%- endmacro %}
