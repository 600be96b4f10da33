-- Miller 1997, leukaemia, weeks to relapse. Medians: 31 [18, not reached] and 23 [8, not reached].
-- Survival: .614 after 23 weeks in the one arm, .5833 after 12 in the other.
{% set weeks = [
    ('maintained', [(9, 1), (13, 1), (13, 0), (18, 1), (23, 1), (28, 0), (31, 1), (34, 1), (45, 0), (48, 1), (161, 0)]),
    ('not', [(5, 1), (5, 1), (8, 1), (8, 1), (12, 1), (16, 0), (23, 1), (27, 1), (30, 1), (33, 1), (43, 1), (45, 1)]),
] -%}
with

cases as (

    {% for arm, times in weeks -%}
        {%- set is_last_arm = loop.last -%}
        {%- for t, is_event in times -%}
            select
                '{{ arm }}' as arm,
                {{ t }} as t,
                {{ is_event }} as is_event
            {% if not (is_last_arm and loop.last) -%}
                union all
            {% endif %}
        {%- endfor -%}
    {%- endfor %}

),

counts as (

    select
        arm,
        t,
        sum(is_event) as event_count,
        sum(1 - is_event) as censored_count
    from cases
    group by arm, t

),

curve as (

    {{ kaplan_meier('counts', 'arm') }}

),

found as (

    select
        arm,
        {{ median_time() }} as median,
        {{ median_time('survival_low') }} as low,
        {{ median_time('survival_high') }} as high,
        max(case when arm = 'maintained' and t = 23 or arm = 'not' and t = 12 then survival end) as survival_then
    from curve
    group by arm

),

printed as (

    select 'maintained' as arm, 31 as median, 18 as low, 0.614 as survival_then, 0.0005 as tolerance
    union all
    select 'not', 23, 8, 0.5833, 0.00005

)

select printed.*
from printed
left join found on printed.arm = found.arm
where
    found.arm is null
    or found.median <> printed.median
    or found.low <> printed.low
    or found.high is not null
    or abs(found.survival_then - printed.survival_then) > printed.tolerance
