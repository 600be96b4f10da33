with

pairs as (

    select
        period_start_date,
        sum(case when is_returned then 1 else 2 end) / 2 as pair_count,
        sum(case when is_returned then 1 else 0 end) / 2 as mutual_count
    from {{ ref('fct_contact_window') }}
    group by period_start_date

),

ends as (

    select
        period_start_date,
        person_key,
        is_cross_unit,
        1 as out_count,
        0 as in_count
    from {{ ref('fct_contact_window') }}
    union all
    select
        period_start_date,
        partner_key,
        is_cross_unit,
        0,
        1
    from {{ ref('fct_contact_window') }}

),

people as (

    select
        period_start_date,
        person_key,
        max(case when is_cross_unit then 1 else 0 end) as is_cross_team,
        {{ safe_divide('sum(in_count)', 'sum(in_count) + sum(out_count)') }} as in_share
    from ends
    group by period_start_date, person_key

),

connected as (

    select
        people.period_start_date,
        count(*) as connected_count,
        sum(case when windows.is_observable then people.is_cross_team else 0 end) as cross_team_count,
        avg(people.in_share) as mean_in_share
    from people
    inner join {{ ref('fct_person_window') }} as windows
        on people.person_key = windows.person_key and people.period_start_date = windows.period_start_date
    group by people.period_start_date

),

-- All that have access, whether they used it or not.
access as (

    select
        period_start_date,
        sum(case when is_observable then 1 else 0 end) as account_count
    from {{ ref('fct_person_window') }}
    group by period_start_date

)

select
    pairs.period_start_date,
    {{ lens_share('swoop.two_way', 'pairs.mutual_count', 'pairs.pair_count', people='connected.connected_count') }}
from pairs
inner join connected on pairs.period_start_date = connected.period_start_date
union all
select
    access.period_start_date,
    {{ lens_share('google.cross_team', 'coalesce(connected.cross_team_count, 0)', 'access.account_count') }}
from access
left join connected on access.period_start_date = connected.period_start_date
union all
select
    period_start_date,
    {{ lens_number(
        'angeletou.person_reciprocity', rounded('mean_in_share'), n='connected_count', people='connected_count'
    ) }}
from connected
