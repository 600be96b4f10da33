{#-
  Days and weeks. Timestamps are UTC without a zone; days and weeks are those of the organisation (var time_zone).

  local_date(moment)       the local day of a UTC timestamp; zone: as below
  local_midnight(day)      the UTC timestamp at which a local day begins; zone: another zone than the organisation's, as SQL
  week_start(day)          the Monday of the day's ISO week
  add_days(day, n)         a date n days later
  days_between(day, later) whole days from one date to a later one
  hours_between(moment, later) hours from one timestamp to a later one, as a double
-#}
{% macro local_date(moment, zone=none) -%}
    {%- if var('time_zone') == 'UTC' and not zone -%}cast({{ moment }} as date)
    {%- else -%}{{ return(adapter.dispatch('local_date')(moment, zone or "'" ~ var('time_zone') ~ "'")) }}{%- endif -%}
{%- endmacro %}
{% macro default__local_date(moment, zone) -%}
    cast({{ moment }} at time zone 'UTC' at time zone {{ zone }} as date)
{%- endmacro %}
{% macro spark__local_date(moment, zone) -%}cast(from_utc_timestamp({{ moment }}, {{ zone }}) as date){%- endmacro %}

{% macro local_midnight(day, zone=none) -%}
    {{ return(adapter.dispatch('local_midnight')(day, zone or "'" ~ var('time_zone') ~ "'")) }}
{%- endmacro %}
{% macro default__local_midnight(day, zone) -%}
    cast(cast({{ day }} as timestamp) at time zone {{ zone }} at time zone 'UTC' as timestamp)
{%- endmacro %}
{% macro spark__local_midnight(day, zone) -%}to_utc_timestamp(cast({{ day }} as timestamp), {{ zone }}){%- endmacro %}

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
