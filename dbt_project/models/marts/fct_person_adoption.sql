with

observed as (

    select
        min(week_start_date) as first_week_date,
        max(week_end_date) as observed_until_date
    from {{ ref('int_weeks') }}

),

-- Weeks before the person is on the roster, or before the exports show whole weeks, cannot begin a span.
weeks as (

    select
        activity.person_key,
        activity.week_start_date,
        case
            when
                {{ week_start('people.first_date') }} > observed.first_week_date
                then {{ week_start('people.first_date') }}
            else observed.first_week_date
        end as first_week_date
    from {{ ref('fct_person_week') }} as activity
    inner join {{ ref('int_people') }} as people on activity.person_key = people.person_key
    inner join {{ ref('int_weeks') }} as whole on activity.week_start_date = whole.week_start_date
    cross join observed
    where people.is_on_roster and not people.is_external

),

third_weeks as (

    select
        person_key,
        first_week_date,
        week_start_date,
        lag(week_start_date, 2) over (partition by person_key order by week_start_date) as second_before_date
    from weeks
    where week_start_date >= first_week_date

),

-- The earliest span of four weeks with three active ones ends with the third, or later if it cannot begin earlier.
spans as (

    select
        person_key,
        min(
            case
                when {{ add_days('week_start_date', -21) }} < first_week_date then first_week_date
                else {{ add_days('week_start_date', -21) }}
            end
        ) as adopted_on
    from third_weeks
    where second_before_date >= {{ add_days('week_start_date', -21) }}
    group by person_key

)

select
    spans.person_key,
    spans.adopted_on,
    {{ add_days('spans.adopted_on', 27) }} as adoption_known_at
from spans
cross join observed
where {{ add_days('spans.adopted_on', 27) }} < observed.observed_until_date
