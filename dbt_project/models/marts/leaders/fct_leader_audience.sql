{%- set depth = var('hierarchy_depth') -%}
with

-- Who reported to whom on the window's first day: later moves do not change an audience.
managers as (

    select
        windows.period_start_date,
        assignments.person_key,
        case when assignments.manager_key <> assignments.person_key then assignments.manager_key end as manager_key,
        assignments.is_external
    from {{ ref('int_assignments') }} as assignments
    inner join {{ ref('int_windows') }} as windows
        on
            assignments.valid_from_date <= windows.period_start_date
            and (
                assignments.valid_until_date is null
                or assignments.valid_until_date > windows.period_start_date
            )

),

-- One join a level: recursive queries differ between engines, and a circle of managers would never end.
chains as (

    select
        above_1.period_start_date,
        above_1.person_key,
        {% for level in range(1, depth + 1) -%}
            above_{{ level }}.manager_key as manager_{{ level }}{% if not loop.last %},{% endif %}
        {% endfor -%}
    from managers as above_1
    {% for level in range(2, depth + 1) -%}
        left join managers as above_{{ level }}
            on
                above_1.period_start_date = above_{{ level }}.period_start_date
                and above_{{ level - 1 }}.manager_key = above_{{ level }}.person_key
    {% endfor -%}
    where not above_1.is_external

),

steps as (

    select
        chains.period_start_date,
        chains.person_key,
        levels.n + 1 as levels_below,
        case levels.n
            {% for level in range(1, depth + 1) -%}
                when {{ level - 1 }} then chains.manager_{{ level }}
            {% endfor -%}
        end as leader_key
    from chains
    cross join ({{ window_offsets(depth) }}) as levels

)

select
    steps.leader_key,
    steps.period_start_date,
    steps.person_key,
    min(steps.levels_below) as levels_below
from steps
inner join {{ ref('fct_person_window') }} as leaders
    on steps.leader_key = leaders.person_key and steps.period_start_date = leaders.period_start_date
where leaders.is_leader and steps.leader_key <> steps.person_key
group by steps.leader_key, steps.period_start_date, steps.person_key
