-- One row per design x deal that may count: created in its window, in its population or among its controls.
-- Person rows: restricted.
with

designs as (

    select
        registry.*,
        looks.seen_until_date
    from {{ ref('design_registry') }} as registry
    inner join {{ ref('design_look') }} as looks on registry.design_id = looks.design_id

),

-- The units of each version that is judged; who belongs to any purpose is nobody's control.
populations as (

    select
        designs.design_id,
        units.org_unit,
        units.is_drawn
    from designs
    inner join {{ ref('stg_purposes__org_units') }} as units
        on designs.purpose_id = units.purpose_id and designs.content_hash = units.content_hash

),

taken_units as (

    select distinct org_unit from {{ ref('stg_purposes__org_units') }}

),

-- Where teams are compared, whoever sells at the start stays in that team: later moves change no arm.
teams_at_start as (

    select
        designs.design_id,
        assignments.person_key,
        assignments.org_unit
    from designs
    inner join {{ ref('int_assignments') }} as assignments
        on
            assignments.valid_from_date <= designs.start_date
            and (designs.start_date < assignments.valid_until_date or assignments.valid_until_date is null)
    where designs.method <> 'landmark'

),

placed as (

    select
        designs.design_id,
        designs.purpose_id,
        designs.method,
        designs.outcome_kind,
        designs.horizon_days,
        designs.landmark_days,
        designs.start_date,
        designs.anticipation_periods,
        deals.source,
        deals.deal_id,
        deals.owner_count_key,
        deals.outcome,
        deals.created_date,
        deals.duration_days,
        deals.duration_reject_reason,
        deals.amount_created,
        least({{ local_date('deals.observed_until') }}, designs.seen_until_date) as observed_date,
        case
            when designs.start_date <= deals.created_date then coalesce(teams_at_start.org_unit, deals.org_unit)
            else deals.org_unit
        end as org_unit
    from designs
    inner join {{ ref('fct_deal') }} as deals
        on
            designs.window_start_date <= deals.created_date
            and deals.created_date <= designs.seen_until_date
            and deals.org_unit <> '_unassigned'
    left join teams_at_start
        on designs.design_id = teams_at_start.design_id and deals.owner_person_key = teams_at_start.person_key

)

select
    placed.*,
    populations.org_unit is not null as is_population,
    populations.is_drawn,
    first_links.deal_id is not null as is_ever_linked,
    first_links.first_link_date,
    case when placed.method = 'staggered_did' then team_starts.first_date else placed.start_date end
        as team_start_date,
    {{ days_between('placed.created_date', 'placed.observed_date') }} as observed_days,
    {{ days_between('placed.created_date', 'first_links.first_link_date') }} as link_days,
    {{ days_between('placed.start_date', 'placed.created_date') }} as days_since_start
from placed
left join populations
    on placed.design_id = populations.design_id and placed.org_unit = populations.org_unit
left join taken_units on placed.org_unit = taken_units.org_unit
left join {{ ref('fct_purpose_deal_link') }} as first_links
    on
        placed.purpose_id = first_links.purpose_id
        and placed.source = first_links.source
        and placed.deal_id = first_links.deal_id
        and coalesce(first_links.first_link_date, placed.observed_date) <= placed.observed_date
left join {{ ref('fct_design_team_start') }} as team_starts
    on placed.design_id = team_starts.design_id and placed.org_unit = team_starts.org_unit
where
    populations.org_unit is not null
    or (placed.method in ('did', 'staggered_did') and taken_units.org_unit is null)
