{#- A glob, * any text and ? one character, as a pattern for: like … escape '!' (which guards what LIKE would read). -#}
{% macro like_pattern(glob) -%}
replace(replace(replace(replace(replace(
            {{ glob }}, '!', '!!'
        ), '%', '!%'), '_', '!_'), '*', '%'), '?', '_')
{%- endmacro %}
