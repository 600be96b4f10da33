with

contributions as (

    select * from {{ ref('int_interactions') }}
    where is_contribution and person_key is not null

),

tied as (

    select distinct interaction_id
    from {{ ref('int_purpose_links') }}
    where is_contribution and is_since_start and person_key is not null

),

-- A post in the name of a leader by a delegate is a contribution, but not the leader's own.
described as (

    select
        contributions.person_key,
        contributions.occurred_date,
        contributions.kind,
        contributions.is_open,
        contributions.kind <> 'reaction' and not coalesce(contributions.by_delegate, false) as is_written,
        tied.interaction_id is not null as is_tied
    from contributions
    left join tied on contributions.interaction_id = tied.interaction_id

),

days as (

    select
        person_key,
        occurred_date,
        count(*) as contributions,
        sum(case when is_tied then 1 else 0 end) as tied_contributions,
        sum(case when kind = 'reaction' then 1 else 0 end) as reactions,
        sum(case when is_written then 1 else 0 end) as written,
        sum(case when is_written and kind = 'reply' then 1 else 0 end) as replies,
        sum(case when is_written and (is_open or is_tied) then 1 else 0 end) as written_open,
        sum(case when is_written and is_tied then 1 else 0 end) as written_tied
    from described
    group by person_key, occurred_date

)

select
    person_key,
    {{ week_start('occurred_date') }} as week_start_date,
    cast(sum(contributions) as bigint) as contribution_count,
    cast(sum(tied_contributions) as bigint) as tied_count,
    cast(sum(reactions) as bigint) as reaction_count,
    cast(sum(written) as bigint) as written_count,
    cast(sum(replies) as bigint) as reply_count,
    cast(sum(written_open) as bigint) as written_open_count,
    cast(sum(written_tied) as bigint) as written_tied_count,
    count(*) as active_day_count,
    cast(sum(case when tied_contributions > 0 then 1 else 0 end) as bigint) as tied_day_count,
    cast(sum(case when written > 0 then 1 else 0 end) as bigint) as posting_day_count
from days
group by person_key, {{ week_start('occurred_date') }}
