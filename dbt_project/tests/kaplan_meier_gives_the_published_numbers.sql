-- Miller 1997, leukaemia, weeks to relapse: medians 31 [18, not reached] and 23 [8, not reached]; S(23) .614, S(12) .5833.
with

counts as (

    {% set weeks = {
        'maintained': [(9, 1), (13, 1), (13, 0), (18, 1), (23, 1), (28, 0), (31, 1), (34, 1), (45, 0), (48, 1), (161, 0)],
        'not': [(5, 1), (5, 1), (8, 1), (8, 1), (12, 1), (16, 0), (23, 1), (27, 1), (30, 1), (33, 1), (43, 1), (45, 1)],
    } -%}
    select
        arm,
        t,
        sum(is_event) as event_count,
        sum(1 - is_event) as censored_count
    from (
        {% for arm, times in weeks.items() -%}
            {%- set last_arm = loop.last -%}
            {%- for t, is_event in times %}
        select '{{ arm }}' as arm, {{ t }} as t, {{ is_event }} as is_event{% if not (last_arm and loop.last) %} union all{% endif %}
            {%- endfor %}
        {% endfor %}
    ) as cases
    group by arm, t

),

curve as (

    {{ kaplan_meier('counts', 'arm') }}

),

medians as (

    select
        arm,
        {{ median_time() }} as median,
        {{ median_time('survival_low') }} as low,
        {{ median_time('survival_high') }} as high,
        max(case when arm = 'maintained' and t = 23 or arm = 'not' and t = 12 then survival end) as survival_then
    from curve
    group by arm

)

select * from medians
where
    high is not null
    or arm = 'maintained' and (median <> 31 or low <> 18 or abs(survival_then - 0.614) > 0.0005)
    or arm = 'not' and (median <> 23 or low <> 8 or abs(survival_then - 0.5833) > 0.00005)
    or (select count(*) from medians) <> 2
