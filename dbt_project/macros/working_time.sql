{#-
  The working-time clock: a duration is the difference of two readings. Join int_calendar on the day of each moment.

  calendar_date(moment)             the day of a UTC timestamp in the calendar's own time zone
  working_hours_at(moment, day)     hours of working time from the calendar's first day to the moment; NULL outside it;
                                    day: the row of int_calendar joined on calendar_date(moment)
-#}
{% macro calendar_date(moment) -%}
    {{ local_date(moment, zone='(select max(time_zone) from ' ~ ref('int_calendar') ~ ')') }}
{%- endmacro %}

{% macro working_hours_at(moment, day) -%}
    ({{ day }}.working_hours_before + case
        when {{ day }}.is_working_day then {{ hours_between(day ~ '.starts_at', moment) }} else 0
    end)
{%- endmacro %}
