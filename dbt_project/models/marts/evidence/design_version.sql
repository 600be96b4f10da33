-- One row per purpose and version that is judged: the one that stood at the first outcome, and a later amendment.
with

first_outcomes as (

    select
        versions.purpose_id,
        versions.content_hash,
        min(deals.closed_date) as first_outcome_date
    from {{ ref('int_purpose_version') }} as versions
    inner join {{ ref('stg_purposes__org_units') }} as units
        on versions.purpose_id = units.purpose_id and versions.content_hash = units.content_hash
    inner join {{ ref('fct_deal') }} as deals
        on units.org_unit = deals.org_unit and versions.start_date <= deals.created_date
    group by versions.purpose_id, versions.content_hash

),

versions as (

    select
        versions.*,
        first_outcomes.first_outcome_date,
        min(versions.registered_at) over (partition by versions.purpose_id) as first_registered_at,
        lag(versions.judged_key) over (
            partition by versions.purpose_id order by versions.version_no
        ) as judged_key_before,
        lag(first_outcomes.first_outcome_date) over (
            partition by versions.purpose_id order by versions.version_no
        ) as first_outcome_date_before
    from {{ ref('int_purpose_version') }} as versions
    left join first_outcomes
        on versions.purpose_id = first_outcomes.purpose_id and versions.content_hash = first_outcomes.content_hash

),

-- A version comes late where it changes what is judged after the first outcome of the one that stood until then.
dated as (

    select
        versions.*,
        version_no = 1 or judged_key <> judged_key_before as is_changed,
        coalesce(
            {{ local_date('registered_at') }}
            > case when version_no = 1 then first_outcome_date else first_outcome_date_before end,
            false
        ) as is_after_outcome
    from versions

),

frozen as (

    select
        purpose_id,
        max(version_no) as latest_no,
        min(case when is_changed and is_after_outcome then version_no end) as first_late_no
    from dated
    group by purpose_id

),

kept as (

    select
        dated.*,
        frozen.latest_no,
        frozen.first_late_no,
        max(case when dated.is_changed then dated.registered_at end) over (
            partition by dated.purpose_id order by dated.version_no
        ) as fixed_at
    from dated
    inner join frozen on dated.purpose_id = frozen.purpose_id

)

select
    purpose_id,
    content_hash,
    version_no,
    outcome_metric,
    is_primary,
    start_date,
    baseline_from_date,
    eligible_from_date,
    baseline_value,
    target_value,
    target_by_date,
    min_effect_of_interest,
    method,
    design_unit,
    design_cluster,
    landmark_days,
    anticipation_periods,
    stop_date,
    org_units,
    drawn_units,
    lot_share,
    look_count,
    last_look_date,
    first_registered_at,
    fixed_at,
    first_outcome_date,
    coalesce(version_no < first_late_no, true) as is_registered,
    coalesce(version_no >= first_late_no and first_late_no > 1, false) as is_amended
from kept
where version_no in (latest_no, first_late_no - 1)
