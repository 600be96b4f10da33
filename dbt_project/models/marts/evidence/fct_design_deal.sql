-- One row per design x deal of its population or its controls, created since the design's window began.
-- Person rows: restricted. arm: 1 treated (landmark: linked in time), 0 control.
with

designs as (

    select * from {{ ref('design_registry') }} where problem_codes = ''

),

populations as (

    select
        units.purpose_id,
        units.content_hash,
        units.org_unit
    from {{ ref('stg_purposes__org_units') }} as units
    inner join {{ ref('int_purpose_registry') }} as registry
        on units.purpose_id = registry.purpose_id and units.content_hash = registry.content_hash

),

taken_units as (

    select distinct org_unit from populations

),

links as (

    select
        purposes.purpose_id,
        deals.source,
        deals.deal_id,
        deals.occurred_at,
        deals.occurred_date
    from {{ ref('int_deal_links') }} as deals
    inner join {{ ref('int_purpose_links') }} as purposes
        on deals.interaction_id = purposes.interaction_id
    where deals.rule = 'deal' and purposes.is_contribution

),

-- What the naive comparison looks at: ever linked or never, however late.
first_links as (

    select
        links.purpose_id,
        links.source,
        links.deal_id,
        min(case when links.occurred_at > deals.created_at then links.occurred_date end) as first_link_date
    from links
    inner join {{ ref('fct_deal') }} as deals
        on links.source = deals.source and links.deal_id = deals.deal_id
    group by links.purpose_id, links.source, links.deal_id

),

-- When each team began: the declared start, or in a staggered design its first purposeful contribution after it.
team_starts as (

    select
        designs.design_id,
        assignments.org_unit,
        min(contributions.occurred_date) as first_date
    from designs
    inner join {{ ref('int_purpose_links') }} as contributions
        on
            designs.purpose_id = contributions.purpose_id
            and designs.start_date <= contributions.occurred_date
    inner join {{ ref('int_assignments') }} as assignments
        on
            contributions.person_key = assignments.person_key
            and contributions.occurred_date >= assignments.valid_from_date
            and (contributions.occurred_date < assignments.valid_until_date or assignments.valid_until_date is null)
    where designs.method = 'staggered_did' and contributions.is_contribution
    group by designs.design_id, assignments.org_unit

),

candidates as (

    select
        designs.design_id,
        designs.purpose_id,
        designs.method,
        designs.outcome_kind,
        designs.horizon_days,
        designs.landmark_days,
        designs.start_date,
        designs.window_start_date,
        designs.anticipation_periods,
        deals.source,
        deals.deal_id,
        deals.org_unit,
        deals.owner_count_key,
        deals.outcome,
        deals.created_date,
        deals.duration_days,
        deals.duration_reject_reason,
        deals.amount_created,
        populations.org_unit is not null as is_population,
        first_links.deal_id is not null as is_ever_linked,
        first_links.first_link_date,
        case when designs.method = 'staggered_did' then team_starts.first_date else designs.start_date end
            as team_start_date,
        {{ local_date('deals.observed_until') }} as observed_date
    from designs
    inner join {{ ref('fct_deal') }} as deals
        on designs.window_start_date <= deals.created_date and deals.org_unit <> '_unassigned'
    left join populations
        on designs.purpose_id = populations.purpose_id and deals.org_unit = populations.org_unit
    left join taken_units on deals.org_unit = taken_units.org_unit
    left join first_links
        on
            designs.purpose_id = first_links.purpose_id
            and deals.source = first_links.source
            and deals.deal_id = first_links.deal_id
    left join team_starts
        on designs.design_id = team_starts.design_id and deals.org_unit = team_starts.org_unit
    where
        populations.org_unit is not null
        or (designs.method <> 'landmark' and taken_units.org_unit is null)

),

dated as (

    select
        candidates.*,
        {{ days_between('created_date', 'observed_date') }} as observed_days,
        {{ days_between('created_date', 'first_link_date') }} as link_days,
        {{ days_between('start_date', 'created_date') }} as days_since_start
    from candidates

),

numbered as (

    select
        dated.*,
        cast(floor(cast(days_since_start as double) / 91) as bigint) as period_no
    from dated

),

timed as (

    select
        numbered.*,
        created_date >= start_date as is_post,
        case when method = 'landmark' then landmark_days else 0 end as index_days,
        method = 'landmark' and coalesce(link_days <= landmark_days, false) as is_linked_in_time
    from numbered
    -- what was created just before the start may already have been touched by it
    where created_date >= start_date or period_no < -anticipation_periods

),

followed as (

    select
        timed.*,
        duration_reject_reason is null
        and (duration_days > index_days or (outcome = 'open' and observed_days >= index_days) or index_days = 0)
            as is_open_at_index,
        observed_days >= index_days + horizon_days as is_followed
    from timed

)

select
    design_id,
    purpose_id,
    source,
    deal_id,
    method,
    outcome_kind,
    {{ surrogate_key(['design_id', 'org_unit']) }} as cluster_id,
    owner_count_key,
    case when method = 'landmark' then is_linked_in_time else is_population end as is_treated,
    is_population,
    is_post,
    period_no,
    team_start_date,
    created_date,
    cast(date_trunc('quarter', created_date) as date) as created_quarter,
    amount_created,
    outcome,
    observed_date,
    duration_days,
    duration_reject_reason,
    is_ever_linked,
    first_link_date,
    link_days,
    is_open_at_index,
    is_followed,
    -- the outcome, counted from the index; NULL where it cannot be known yet
    case
        when not is_open_at_index or not is_followed then null
        when outcome_kind = 'won' and outcome = 'won' and duration_days - index_days <= horizon_days
            then cast(1 as double)
        when outcome_kind = 'won' then cast(0 as double)
        else least(duration_days - index_days, cast(horizon_days as double))
    end as y,
    duration_days - index_days as days_from_index
from followed
