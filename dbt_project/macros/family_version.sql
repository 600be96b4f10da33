{#-
  The version of a wide table's definitions: a row holds many metrics, so it is 1 and one more for each new definition
  that one of the family ever got. The version of a single number is in kpi_value and dim_metric.
-#}
{% macro family_version(family) -%}
    (select max(family_version) from {{ ref('dim_metric') }} where family = '{{ family }}')
{%- endmacro %}
