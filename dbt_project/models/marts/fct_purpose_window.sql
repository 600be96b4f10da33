with

links as (

    select
        purpose_id,
        coalesce(person_key, actor_key) as contributor_key,
        {{ week_start('occurred_date') }} as week_start_date,
        count(*) as contributions
    from {{ ref('int_purpose_links') }}
    where is_contribution and is_since_start and {{ touched('occurred_date', 0, 27) }}
    group by purpose_id, coalesce(person_key, actor_key), {{ week_start('occurred_date') }}

),

contributed as (

    select
        links.purpose_id,
        windows.period_start_date,
        count(distinct links.contributor_key) as contributor_count,
        cast(sum(links.contributions) as bigint) as contribution_count
    from links
    inner join {{ ref('int_windows') }} as windows
        on
            links.week_start_date >= windows.period_start_date
            and links.week_start_date < windows.period_end_date
    group by links.purpose_id, windows.period_start_date

)

-- A purpose is declared from its start on. It ends when it is stopped, or after the day by which its target was due.
select
    purposes.purpose_id,
    windows.period_start_date,
    purposes.is_measurable,
    coalesce(
        (
            purposes.stage = 'stopped'
            and (purposes.stop_date is null or purposes.stop_date < windows.period_end_date)
        )
        or purposes.target_by_date < {{ add_days('windows.period_end_date', -1) }},
        false
    ) as is_ended,
    coalesce(contributed.contributor_count, 0) as contributor_count,
    coalesce(contributed.contribution_count, 0) as contribution_count
from {{ ref('int_purpose_registry') }} as purposes
inner join {{ ref('int_windows') }} as windows
    on purposes.start_date is null or purposes.start_date < windows.period_end_date
left join contributed
    on
        purposes.purpose_id = contributed.purpose_id
        and windows.period_start_date = contributed.period_start_date
