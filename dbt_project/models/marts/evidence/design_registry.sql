-- One row per design: purpose x outcome x method, the landmark's sensitivities as designs of their own.
{%- set judged = [
    'versions.outcome_metric', 'versions.start_date', 'versions.baseline_from_date', 'versions.baseline_until_date',
    'versions.baseline_value', 'versions.target_value', 'versions.target_by_date', 'versions.min_effect_of_interest',
    'versions.method', 'versions.design_unit', 'versions.design_cluster', 'versions.landmark_days',
    'versions.anticipation_periods', 'populations.org_units', 'others.outcomes',
] %}
with

registry as (

    select * from {{ ref('int_purpose_registry') }}

),

populations as (

    select
        purpose_id,
        content_hash,
        {{ sorted_list('org_unit') }} as org_units
    from {{ ref('stg_purposes__org_units') }}
    group by purpose_id, content_hash

),

others as (

    select
        purpose_id,
        content_hash,
        {{ sorted_list('judged_key') }} as outcomes
    from (
        select
            purpose_id,
            content_hash,
            {{ surrogate_key(['outcome_metric', 'target_value', 'min_effect_of_interest', 'method']) }} as judged_key
        from {{ ref('stg_purposes__secondary') }}
    ) as keyed
    group by purpose_id, content_hash

),

versions as (

    select
        versions.purpose_id,
        versions.registered_at,
        versions.content_hash,
        {{ surrogate_key(judged) }} as judged_key
    from {{ ref('stg_purposes__purposes') }} as versions
    left join populations
        on versions.purpose_id = populations.purpose_id and versions.content_hash = populations.content_hash
    left join others
        on versions.purpose_id = others.purpose_id and versions.content_hash = others.content_hash

),

changes as (

    select
        versions.*,
        lag(judged_key) over (partition by purpose_id order by registered_at, content_hash) as judged_key_before
    from versions

),

-- Since when what the design is judged by has stood as it stands now.
fixed as (

    select
        purpose_id,
        max(case when judged_key_before is null or judged_key <> judged_key_before then registered_at end) as fixed_at
    from changes
    group by purpose_id

),

first_outcomes as (

    select
        registry.purpose_id,
        min(deals.closed_date) as first_outcome_date
    from registry
    inner join {{ ref('stg_purposes__org_units') }} as units
        on registry.purpose_id = units.purpose_id and registry.content_hash = units.content_hash
    inner join {{ ref('fct_deal') }} as deals
        on units.org_unit = deals.org_unit and registry.start_date <= deals.created_date
    group by registry.purpose_id

),

declared as (

    select
        purpose_id, outcome_metric as outcome, is_primary, target_value, min_effect_of_interest, method,
        landmark_days, true as is_main
    from registry
    union all
    select
        secondary.purpose_id, secondary.outcome_metric, secondary.is_primary, secondary.target_value,
        secondary.min_effect_of_interest, coalesce(secondary.method, registry.method),
        coalesce(secondary.landmark_days, registry.landmark_days), false
    from {{ ref('stg_purposes__secondary') }} as secondary
    inner join registry
        on secondary.purpose_id = registry.purpose_id and secondary.content_hash = registry.content_hash

),

landmarks as (

    select 7 as landmark_days
    union all
    select 14
    union all
    select 30

),

designs as (

    select
        declared.*,
        case when method = 'landmark' then coalesce(landmark_days, 14) end as used_landmark_days,
        false as is_sensitivity
    from declared
    union all
    select
        declared.*,
        other_days.landmark_days,
        true
    from declared
    cross join landmarks as other_days
    where declared.method = 'landmark' and coalesce(declared.landmark_days, 14) <> other_days.landmark_days

),

described as (

    select
        designs.*,
        registry.content_hash,
        registry.start_date,
        coalesce(
            registry.baseline_from_date, registry.eligible_from_date, {{ add_days('registry.start_date', -364) }}
        ) as window_start_date,
        case when designs.is_main then registry.baseline_value end as baseline_value,  -- it is the main outcome's
        coalesce(registry.anticipation_periods, 0) as anticipation_periods,
        registry.first_registered_at,
        fixed.fixed_at,
        coalesce(registry.design_unit, 'team') as unit_of_analysis,
        coalesce(registry.design_cluster, registry.design_unit, 'team') as design_cluster,
        first_outcomes.first_outcome_date,
        populations.org_units,
        metrics.unit as unit_of_measure,
        metrics.higher_is_better,
        case
            when designs.outcome in ('C1b_90', 'C1b_180', 'C1b_365') then 'won'
            when designs.outcome in ('C2', 'C2_rmst') then 'days'
        end as outcome_kind,
        case designs.outcome when 'C1b_90' then 90 when 'C1b_180' then 180 when 'C1b_365' then 365 else 180 end
            as horizon_days
    from designs
    inner join registry on designs.purpose_id = registry.purpose_id
    inner join fixed on designs.purpose_id = fixed.purpose_id
    left join populations
        on registry.purpose_id = populations.purpose_id and registry.content_hash = populations.content_hash
    left join first_outcomes on designs.purpose_id = first_outcomes.purpose_id
    left join {{ ref('stg_throughline__metrics') }} as metrics on designs.outcome = metrics.metric_id

)

select
    {{ dbt.concat([
        'purpose_id', "':'", "coalesce(outcome, 'none')", "':'", "coalesce(method, 'none')",
        "coalesce('-' || cast(used_landmark_days as string), '')",
    ]) }} as design_id,
    purpose_id,
    cast(coalesce(outcome, 'none') as string) as outcome,
    outcome_kind,
    case outcome_kind
        when 'won' then {{ dbt.concat(["'win rate within '", 'cast(horizon_days as string)', "' days'"]) }}
        when 'days' then {{ dbt.concat(["'time to a decision within '", 'cast(horizon_days as string)', "' days'"]) }}
        else coalesce(outcome, 'the outcome')
    end as outcome_label,
    cast(horizon_days as bigint) as horizon_days,
    cast(unit_of_measure as string) as unit_of_measure,
    case
        when method = 'landmark'
            then 'among deals still open on the landmark day: linked by then minus not linked'
        when method in ('did', 'staggered_did') then 'change of the average treated team minus that of the others'
    end as estimand,
    cast(coalesce(method, 'none') as string) as method,
    unit_of_analysis,
    design_cluster,
    start_date,
    window_start_date,
    'a purposeful contribution that links the deal' as exposure_rule,
    cast(used_landmark_days as bigint) as landmark_days,
    case
        when method = 'landmark' then 'deals of the same teams without such a contribution by then'
        when method in ('did', 'staggered_did') then 'teams in no purpose'
    end as control_group,
    cast(case
        when target_value < baseline_value then -1
        when target_value > baseline_value then 1
        when higher_is_better then 1
        when not higher_is_better then -1
        else 1
    end as bigint) as declared_direction,
    min_effect_of_interest,
    is_primary and not is_sensitivity as is_primary,
    is_main and not is_sensitivity as is_main,
    is_sensitivity,
    cast(anticipation_periods as bigint) as anticipation_periods,
    cast(1 as bigint) as looks_planned,
    first_registered_at as registered_at,
    fixed_at,
    content_hash,
    first_outcome_date,
    coalesce({{ local_date('fixed_at') }} <= coalesce(first_outcome_date, {{ local_date('fixed_at') }}), false)
        as is_registered,
    trim({{ dbt.concat([
        "case when outcome_kind is null then ' UNKNOWN_METRIC' else '' end",
        "case when method is null or method not in ('did', 'staggered_did', 'landmark') then ' UNKNOWN_DESIGN' else '' end",
        "case when start_date is null or org_units is null then ' INCOMPLETE' else '' end",
    ]) }}) as problem_codes
from described
