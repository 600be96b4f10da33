-- One row per design: purpose x outcome x method, the landmark's sensitivities as designs of their own.
with

described as (

    select
        designs.*,
        registry.start_date,
        coalesce(
            registry.baseline_from_date, registry.eligible_from_date, {{ add_days('registry.start_date', -364) }}
        ) as window_start_date,
        case when designs.is_main then registry.baseline_value end as baseline_value,  -- it is the main outcome's
        coalesce(registry.anticipation_periods, 0) as anticipation_periods,
        registry.first_registered_at,
        registry.fixed_at,
        registry.is_registered,
        registry.is_amended,
        coalesce(registry.design_unit, 'team') as unit_of_analysis,
        coalesce(registry.design_cluster, registry.design_unit, 'team') as design_cluster,
        registry.first_outcome_date,
        registry.org_units,
        registry.drawn_units,
        registry.lot_share,
        registry.look_count,
        coalesce(
            registry.last_look_date, registry.target_by_date, registry.stop_date,
            {{ add_days('registry.start_date', 364) }}
        ) as main_look_date,
        metrics.unit as unit_of_measure,
        metrics.higher_is_better,
        case
            when designs.outcome in ('C1b_90', 'C1b_180', 'C1b_365') then 'won'
            when designs.outcome in ('C2', 'C2_rmst') then 'days'
        end as outcome_kind,
        case designs.outcome when 'C1b_90' then 90 when 'C1b_180' then 180 when 'C1b_365' then 365 else 180 end
            as horizon_days
    from {{ ref('design_declared') }} as designs
    inner join {{ ref('design_version') }} as registry
        on designs.purpose_id = registry.purpose_id and designs.content_hash = registry.content_hash
    left join {{ ref('stg_throughline__metrics') }} as metrics on designs.outcome = metrics.metric_id

)

select
    {{ dbt.concat([
        'purpose_id', "':'", "coalesce(outcome, 'none')", "':'", "coalesce(method, 'none')",
        "coalesce('-' || cast(used_landmark_days as string), '')", "case when is_amended then ':amended' else '' end",
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
        when method = 'randomised' and unit_of_analysis = 'deal' then 'the average deal of drawn teams minus others'
        when method = 'randomised' then 'the average drawn team minus the average team not drawn'
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
        when method = 'randomised' then 'teams that the lot did not draw'
    end as control_group,
    cast(case
        when target_value < baseline_value then -1
        when target_value > baseline_value then 1
        when higher_is_better then 1
        when not higher_is_better then -1
        else 1
    end as bigint) as declared_direction,
    min_effect_of_interest,
    is_primary and not is_sensitivity and not is_amended as is_primary,
    is_main and not is_sensitivity and not is_amended as is_main,
    is_sensitivity,
    is_amended,
    cast(anticipation_periods as bigint) as anticipation_periods,
    lot_share,
    look_count > 0 as has_planned_looks,
    cast(greatest(look_count, 1) as bigint) as looks_planned,
    main_look_date,
    first_registered_at as registered_at,
    fixed_at,
    content_hash,
    first_outcome_date,
    is_registered,
    trim({{ dbt.concat([
        "case when outcome_kind is null then ' UNKNOWN_METRIC' else '' end",
        "case when method is null or method not in ('did', 'staggered_did', 'landmark', 'randomised')"
        " then ' UNKNOWN_DESIGN' else '' end",
        "case when start_date is null or org_units is null or (method = 'randomised' and drawn_units is null)"
        " then ' INCOMPLETE' else '' end",
    ]) }}) as problem_codes
from described
