{#-
  Kaplan-Meier curves as a query: one row per key and time t, from counts of events and of cases last seen at t.
  counts: relation with the key's columns, t, event_count and censored_count, one row per key and t.
  key: the columns, separated by commas. At one time events come before censorings.

  at_risk_count  cases still followed just before t
  survival       S just after t; survival_low, survival_high: its 95 % log-transformed Greenwood interval
  next_t         the next time of the same key, NULL after the last: S holds until then

  A product over rows is exp(sum(ln)); the factor is zero only where everybody at risk has the event, and then nobody is
  left for a later row, so ln(0) never occurs. Twelve decimals: the last digits of sums differ between engines.
-#}
{% macro kaplan_meier(counts, key) -%}
{%- set until_now = 'partition by ' ~ key ~ ' order by t rows between unbounded preceding and current row' -%}
select
    {{ key }}, t, next_t, at_risk_count, event_count, censored_count, survival,
    case
        when survival > 0 then {{ rounded('survival * exp(-1.959963984540054 * sqrt(greenwood_sum))', 12) }} else 0
    end as survival_low,
    case
        when survival > 0
            then {{ rounded('least(1, survival * exp(1.959963984540054 * sqrt(greenwood_sum)))', 12) }}
        else 1
    end as survival_high
from (
    select
        terms.*,
        lead(t) over (partition by {{ key }} order by t) as next_t,
        case
            when event_count < at_risk_count then {{ rounded('exp(sum(log_factor) over (' ~ until_now ~ '))', 12) }} else 0
        end as survival,
        sum(greenwood_term) over ({{ until_now }}) as greenwood_sum
    from (
        select
            followed.*,
            case
                when event_count < at_risk_count
                    then ln(cast(at_risk_count - event_count as double) / cast(at_risk_count as double))
            end as log_factor,
            case
                when event_count < at_risk_count
                    then cast(event_count as double)
                        / (cast(at_risk_count as double) * cast(at_risk_count - event_count as double))
            end as greenwood_term
        from (
            select
                counts.*,
                cast(sum(event_count + censored_count) over (
                    partition by {{ key }} order by t desc rows between unbounded preceding and current row
                ) as bigint) as at_risk_count
            from {{ counts }} as counts
        ) as followed
    ) as terms
) as curve
{%- endmacro %}

{#- The first time at which S, or one of its limits, is down to a half, as an aggregate over one curve; NULL if never. -#}
{% macro median_time(survival='survival') -%}
    min(case when {{ survival }} <= 0.5 + 0.0000000000005 then t end)
{%- endmacro %}

{#- Aggregates over one curve at a horizon h: a column's value there, 1 before the first time; how many are followed until
    then; how many were lost to sight before. -#}
{% macro at_horizon(h, value='survival') -%}
    coalesce(max(case when t <= {{ h }} and (next_t > {{ h }} or next_t is null) then {{ value }} end), 1)
{%- endmacro %}

{% macro at_risk_at(h) -%}
    cast(sum(case when t >= {{ h }} then event_count + censored_count else 0 end) as bigint)
{%- endmacro %}

{% macro censored_before(h) -%}
    cast(sum(case when t < {{ h }} then censored_count else 0 end) as bigint)
{%- endmacro %}
