with

contributions as (

    select * from {{ ref('int_interactions') }}
    where is_contribution and person_key is not null and {{ touched('occurred_date') }}

),

tied as (

    select distinct interaction_id
    from {{ ref('int_purpose_links') }}
    where
        is_contribution and is_since_start and person_key is not null
        and {{ touched('occurred_date') }}

),

-- A post in the name of a leader by a delegate is a contribution, but not the leader's own.
described as (

    select
        contributions.person_key,
        contributions.occurred_date,
        contributions.kind,
        contributions.mention_count,
        contributions.file_count,
        case
            when coalesce(contributions.tags, '') = '' then 0
            else length(contributions.tags) - length(replace(contributions.tags, ' ', '')) + 1
        end as tag_count,
        contributions.kind <> 'reaction' and not coalesce(contributions.by_delegate, false) as is_written,
        tied.interaction_id is not null as is_tied
    from contributions
    left join tied on contributions.interaction_id = tied.interaction_id

)

select
    person_key,
    occurred_date,
    count(*) as contribution_count,
    cast(sum(case when is_tied then 1 else 0 end) as bigint) as tied_count,
    cast(sum(case when kind = 'reaction' then 1 else 0 end) as bigint) as reaction_count,
    cast(sum(case when is_written and kind = 'reply' then 1 else 0 end) as bigint) as reply_count,
    cast(sum(coalesce(mention_count, 0)) as bigint) as mention_count,
    cast(sum(tag_count) as bigint) as tag_count,
    cast(sum(coalesce(file_count, 0)) as bigint) as file_count
from described
group by person_key, occurred_date
