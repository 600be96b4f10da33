with

registry as (

    select * from {{ ref('int_purpose_registry') }}

),

patterns as (

    select
        registry.purpose_id,
        registry.start_date,
        spaces.space_source,
        {{ like_pattern('spaces.pattern') }} as like_pattern
    from registry
    inner join {{ ref('stg_purposes__spaces') }} as spaces
        on registry.purpose_id = spaces.purpose_id and registry.content_hash = spaces.content_hash

),

purpose_spaces as (

    select distinct
        patterns.purpose_id,
        patterns.start_date,
        spaces.space_id
    from patterns
    inner join {{ ref('int_spaces') }} as spaces
        on
            patterns.space_source = spaces.source
            and lower(spaces.space_name) like patterns.like_pattern escape '!'

),

interactions as (

    select
        interaction_id,
        space_id,
        actor_key,
        person_key,
        kind,
        occurred_at,
        occurred_date,
        is_contribution,
        tags
    from {{ ref('int_interactions') }}
    where {{ touched('occurred_date') }}

),

tagged as (

    select
        interactions.*,
        patterns.purpose_id,
        patterns.start_date,
        1 as precedence
    from interactions
    inner join patterns
        on
            patterns.space_source = 'tag'
            and ' ' || interactions.tags || ' ' like '% ' || patterns.like_pattern || ' %' escape '!'
    where interactions.tags <> ''

),

in_spaces as (

    select
        interactions.*,
        purpose_spaces.purpose_id,
        purpose_spaces.start_date,
        2 as precedence
    from interactions
    inner join purpose_spaces on interactions.space_id = purpose_spaces.space_id

),

links as (

    select * from tagged
    union all
    select * from in_spaces

)

select
    interaction_id,
    purpose_id,
    case when min(precedence) = 1 then 'tag' else 'space' end as rule,
    max(actor_key) as actor_key,
    max(person_key) as person_key,
    max(kind) as kind,
    max(occurred_at) as occurred_at,
    max(occurred_date) as occurred_date,
    max(case when is_contribution then 1 else 0 end) = 1 as is_contribution,
    max(case when start_date is null or occurred_date >= start_date then 1 else 0 end) = 1 as is_since_start
from links
group by interaction_id, purpose_id
