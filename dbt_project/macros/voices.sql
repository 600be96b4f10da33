{#-
  Whose words count: 'own' leaves out what a delegate wrote in the leader's name; 'incl_delegate' counts both. Where a
  tool marks no delegates (by_delegate is NULL) nobody can take them apart: both voices are then the same words.

  voices()                   a query with the one column voice
  is_heard(by_delegate)      does a message count in this row's voice
-#}
{% macro voices() -%}
select 'own' as voice
union all
select 'incl_delegate' as voice
{%- endmacro %}

{% macro is_heard(by_delegate) -%}
    (voice = 'incl_delegate' or not coalesce({{ by_delegate }}, false))
{%- endmacro %}
