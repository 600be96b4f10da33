with

arcs as (

    select distinct
        windows.period_start_date,
        contacts.person_key,
        contacts.partner_key
    from {{ ref('int_contact_days') }} as contacts
    inner join {{ ref('int_windows') }} as windows
        on
            contacts.occurred_date >= windows.period_start_date
            and contacts.occurred_date < windows.period_end_date
    where {{ touched('contacts.occurred_date', 0, 27) }}

)

select
    arcs.period_start_date,
    arcs.person_key,
    arcs.partner_key,
    people.org_unit <> partners.org_unit as is_cross_unit,
    back.person_key is not null as is_returned
from arcs
inner join {{ ref('fct_person_window') }} as people
    on arcs.person_key = people.person_key and arcs.period_start_date = people.period_start_date
inner join {{ ref('fct_person_window') }} as partners
    on arcs.partner_key = partners.person_key and arcs.period_start_date = partners.period_start_date
left join arcs as back
    on
        arcs.person_key = back.partner_key
        and arcs.partner_key = back.person_key
        and arcs.period_start_date = back.period_start_date
