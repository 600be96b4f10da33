-- One row per tool and ISO week: until when its posts are followed. A week that has been followed long enough stands.
with

weeks as (

    select distinct {{ week_start('calendar_date') }} as week_start_date from {{ ref('int_calendar') }}

),

observed as (

    select
        source,
        max(observed_until) as observed_until
    from {{ ref('stg_throughline__files') }}
    where state <> 'quarantined' and source in (select source from {{ ref('int_spaces') }})
    group by source

),

-- Tools all of whose reactions carry a time of their own; elsewhere nobody knows how long a reaction took.
timed as (

    select source
    from {{ ref('stg_collaboration__reactions') }}
    group by source
    having count(reacted_at) = count(*)

)

-- Two days more than the last post of the week needs, as a local day may end after the UTC one.
select
    observed.source,
    weeks.week_start_date,
    least(
        observed.observed_until,
        cast({{ add_days('weeks.week_start_date', 7 + var('follow_up_days') + 2) }} as timestamp)
    ) as followed_until,
    timed.source is not null as has_reaction_times
from weeks
cross join observed
left join timed on observed.source = timed.source
