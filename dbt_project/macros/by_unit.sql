{#- The rows of a relation that have an org_unit, twice: as their unit's and as the whole organisation's. -#}
{% macro by_unit(relation) -%}
select
        'org_unit' as unit_type,
        org_unit as unit,
        {{ relation }}.*
    from {{ relation }}
    union all
    select
        'organisation' as unit_type,
        '_org' as unit,
        {{ relation }}.*
    from {{ relation }}
{%- endmacro %}
