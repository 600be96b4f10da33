{#-
  The sources that give a table of the shape that all collaboration tools, or all CRMs but Salesforce, share
  (sources/shapes.py, sources/crm_shapes.py). A new one of either kind is a name in these lists. Both have a table
  `accounts`: of a tool those are logins, of a CRM (crm_accounts) companies.
-#}
{% macro sources_with(table) -%}
    {%- set given = {
        'messages': ['google_chat', 'mattermost', 'rocketchat', 'teams', 'viva_engage'],
        'mentions': ['google_chat', 'mattermost', 'rocketchat', 'teams', 'viva_engage'],
        'reactions': ['google_chat', 'mattermost', 'rocketchat', 'teams'],
        'spaces': ['google_chat', 'mattermost', 'rocketchat', 'teams', 'viva_engage'],
        'accounts': ['google_chat', 'mattermost', 'rocketchat', 'teams', 'viva_engage'],
        'crm_accounts': ['dynamics365', 'hubspot', 'pipedrive'],
        'activity': ['m365_reports', 'slack_analytics'],
        'deals': ['dynamics365', 'hubspot', 'pipedrive'],
        'deal_stages': ['hubspot', 'pipedrive'],
        'owners': ['dynamics365', 'hubspot', 'pipedrive'],
    } -%}
    {{ return(given[table]) }}
{%- endmacro %}

{#- The current records of one shared table, of all sources that give it, with the column source. -#}
{% macro shared_records(table, key, version=none) -%}
    {%- for name in sources_with(table) %}
select
    '{{ name }}' as source,
    {{ name }}_records.*
from (
    {{ current_records(source(name, table | replace('crm_', '')), key=key, version=version) }}
) as {{ name }}_records
        {%- if not loop.last %}
union all
        {%- endif %}
    {%- endfor %}
{%- endmacro %}

{#- Every copy of the records of one shared table, one per file that holds it, with the column source. -#}
{% macro shared_copies(table) -%}
    {%- for name in sources_with(table) %}
select
    '{{ name }}' as source,
    {{ name }}_copies.*
from {{ source(name, table) }} as {{ name }}_copies
        {%- if not loop.last %}
union all
        {%- endif %}
    {%- endfor %}
{%- endmacro %}
