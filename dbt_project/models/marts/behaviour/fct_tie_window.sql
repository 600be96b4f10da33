with

weeks as (

    select
        person_key,
        partner_key,
        {{ week_start('occurred_date') }} as week_start_date,
        count(*) as day_count
    from {{ ref('int_contact_days') }}
    where {{ touched('occurred_date', 0, 27) }}
    group by person_key, partner_key, {{ week_start('occurred_date') }}

),

arcs as (

    select
        weeks.person_key,
        weeks.partner_key,
        windows.period_start_date,
        weeks.person_key < weeks.partner_key as is_forward
    from weeks
    inner join {{ ref('int_window_weeks') }} as windows on weeks.week_start_date = windows.week_start_date
    group by weeks.person_key, weeks.partner_key, windows.period_start_date
    having sum(weeks.day_count) >= {{ var('tie_days_min') }}

),

dyads as (

    select
        period_start_date,
        case when is_forward then person_key else partner_key end as person_key,
        case when is_forward then partner_key else person_key end as partner_key
    from arcs

)

select
    dyads.period_start_date,
    dyads.person_key,
    dyads.partner_key,
    people.org_unit as person_unit,
    partners.org_unit as partner_unit,
    count(*) = 2 as is_mutual
from dyads
inner join {{ ref('fct_person_window') }} as people
    on dyads.person_key = people.person_key and dyads.period_start_date = people.period_start_date
inner join {{ ref('fct_person_window') }} as partners
    on dyads.partner_key = partners.person_key and dyads.period_start_date = partners.period_start_date
group by dyads.period_start_date, dyads.person_key, dyads.partner_key, people.org_unit, partners.org_unit
