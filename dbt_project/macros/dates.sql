{#-
  Days and weeks. Timestamps are UTC without a zone; days and weeks are those of the organisation (var time_zone).

  local_date(moment)       the local day of a UTC timestamp
  local_midnight(day)      the UTC timestamp at which a local day begins
  week_start(day)          the Monday of the day's ISO week
  add_days(day, n)         a date n days later
  days_between(day, later) whole days from one date to a later one
  hours_between(moment, later) hours from one timestamp to a later one, as a double
-#}
{% macro local_date(moment) -%}
    {%- if var('time_zone') == 'UTC' -%}cast({{ moment }} as date)
    {%- else -%}{{ return(adapter.dispatch('local_date')(moment)) }}{%- endif -%}
{%- endmacro %}
{% macro default__local_date(moment) -%}
    cast({{ moment }} at time zone 'UTC' at time zone '{{ var("time_zone") }}' as date)
{%- endmacro %}
{% macro spark__local_date(moment) -%}cast(from_utc_timestamp({{ moment }}, '{{ var("time_zone") }}') as date){%- endmacro %}

{% macro local_midnight(day) -%}{{ return(adapter.dispatch('local_midnight')(day)) }}{%- endmacro %}
{% macro default__local_midnight(day) -%}
    cast(cast({{ day }} as timestamp) at time zone '{{ var("time_zone") }}' at time zone 'UTC' as timestamp)
{%- endmacro %}
{% macro spark__local_midnight(day) -%}to_utc_timestamp(cast({{ day }} as timestamp), '{{ var("time_zone") }}'){%- endmacro %}

{% macro week_start(day) -%}cast(date_trunc('week', {{ day }}) as date){%- endmacro %}

{% macro add_days(day, n) -%}cast({{ dbt.dateadd('day', n, day) }} as date){%- endmacro %}

{% macro days_between(day, later) -%}{{ return(adapter.dispatch('days_between')(day, later)) }}{%- endmacro %}
{% macro default__days_between(day, later) -%}({{ later }} - {{ day }}){%- endmacro %}
{% macro spark__days_between(day, later) -%}datediff({{ later }}, {{ day }}){%- endmacro %}

{% macro hours_between(moment, later) -%}{{ return(adapter.dispatch('hours_between')(moment, later)) }}{%- endmacro %}
{% macro default__hours_between(moment, later) -%}
    cast(extract(epoch from ({{ later }} - {{ moment }})) / 3600 as double)
{%- endmacro %}
{% macro spark__hours_between(moment, later) -%}
    cast((unix_micros({{ later }}) - unix_micros({{ moment }})) / 3600000000 as double)
{%- endmacro %}
