{#- Six columns of kpi_outcome from the rows of one metric: value, interval, n, coverage and why a value is missing. -#}
{% macro outcome_columns(metric_id, slug, type='double') -%}
    {% set value -%} max(case when metric_id = '{{ metric_id }}' then value end) {%- endset -%}
    {{ value ~ ' = 1' if type == 'boolean' else 'cast(' ~ value ~ ' as ' ~ type ~ ')' }} as {{ slug }},
    max(case when metric_id = '{{ metric_id }}' then ci_low end) as {{ slug }}_ci_low,
    max(case when metric_id = '{{ metric_id }}' then ci_high end) as {{ slug }}_ci_high,
    max(case when metric_id = '{{ metric_id }}' then n end) as {{ slug }}_n,
    max(case when metric_id = '{{ metric_id }}' then coverage end) as {{ slug }}_coverage,
    max(case when metric_id = '{{ metric_id }}' then suppressed_reason end) as {{ slug }}_suppressed_reason
{%- endmacro %}
