with

holdings as (

    select
        assignments.person_key,
        assignments.org_unit,
        assignments.is_leader,
        assignments.leader_band,
        assignments.valid_from_date,
        windows.period_start_date,
        windows.period_end_date,
        windows.has_twelve_weeks,
        windows.habit_start_date,
        case
            when assignments.valid_from_date > windows.habit_start_date then assignments.valid_from_date
            else windows.habit_start_date
        end as from_date,
        case
            when assignments.valid_until_date < windows.period_end_date then assignments.valid_until_date
            else windows.period_end_date
        end as until_date
    from {{ ref('int_assignments') }} as assignments
    inner join {{ ref('int_windows') }} as windows
        on
            assignments.valid_from_date < windows.period_end_date
            and (
                assignments.valid_until_date is null
                or assignments.valid_until_date > windows.habit_start_date
            )
    where not assignments.is_external

),

lasting as (

    select
        holdings.*,
        {{ days_between('from_date', 'until_date') }} as days_12_weeks,
        case
            when until_date <= period_start_date then 0
            when from_date < period_start_date
                then {{ days_between('period_start_date', 'until_date') }}
            else {{ days_between('from_date', 'until_date') }}
        end as days_4_weeks
    from holdings

),

summed as (

    select
        lasting.*,
        sum(lasting.days_4_weeks)
            over (partition by lasting.person_key, lasting.period_start_date)
            as eligible_days,
        sum(lasting.days_12_weeks)
            over (partition by lasting.person_key, lasting.period_start_date)
            as habit_days,
        row_number() over (
            partition by lasting.person_key, lasting.period_start_date order by lasting.valid_from_date desc
        ) as assignment_from_last
    from lasting

)

select
    summed.person_key,
    summed.period_start_date,
    summed.period_end_date,
    coalesce(summed.org_unit, '_none') as org_unit,
    summed.is_leader,
    summed.leader_band,
    cast(summed.eligible_days as bigint) as eligible_days,
    people.has_tool_account as is_observable,
    summed.has_twelve_weeks and summed.habit_days = 84 as is_classifiable,
    adoption.person_key is not null as is_adopter,
    {% for column in [
        'active_weeks_12', 'contributions_12', 'active_weeks_4', 'contribution_count', 'tied_count', 'active_day_count',
        'tied_day_count',
    ] -%}
        coalesce(activity.{{ column }}, 0) as {{ column }}{% if not loop.last %},{% endif %}
    {% endfor -%}
from summed
inner join {{ ref('int_people') }} as people on summed.person_key = people.person_key
left join {{ ref('fct_person_rolling') }} as activity
    on summed.person_key = activity.person_key and summed.period_end_date = activity.period_end_date
left join {{ ref('fct_person_adoption') }} as adoption
    on summed.person_key = adoption.person_key and summed.period_end_date > adoption.adoption_known_at
where summed.assignment_from_last = 1 and summed.eligible_days >= 14
