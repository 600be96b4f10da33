-- One row per design x outcome x stratum: the estimate, what may be said of it, and why not more.
with

results as (

    select
        results.*,
        case
            when {{ dbt.concat(["' '", 'results.refusal_codes', "' '"]) }} like '% MIN_COHORT %' then 'below_k'
        end as suppressed_reason
    from {{ ref('stg_throughline__impact_result') }} as results

),

designs as (

    select design_id, is_main, is_primary, is_registered from {{ ref('design_registry') }}
    union all
    select design_id, is_main, is_primary, is_registered from {{ ref('design_leader_act') }}

)

select
    results.run_id,
    results.design_id,
    results.purpose_id,
    results.outcome,
    results.method,
    results.unit,
    results.contrast,
    results.estimand,
    results.stratum,
    results.method_version,
    results.control_group,
    case when results.suppressed_reason is null then results.estimate end as estimate,
    case when results.suppressed_reason is null then results.se end as se,
    case when results.suppressed_reason is null then results.ci_low end as ci_low,
    case when results.suppressed_reason is null then results.ci_high end as ci_high,
    results.ci_level,
    results.ci_kind,
    results.ci_method,
    results.df,
    results.p_value,
    results.p_permutation,
    results.q_bh,
    results.q_bh_portfolio,
    case when results.suppressed_reason is null then results.relative_effect end as relative_effect,
    case when results.suppressed_reason is null then results.baseline_mean end as baseline_mean,
    case when results.suppressed_reason is null then results.naive_estimate end as naive_estimate,
    case when results.suppressed_reason is null then results.naive_ci_low end as naive_ci_low,
    case when results.suppressed_reason is null then results.naive_ci_high end as naive_ci_high,
    case when results.suppressed_reason is null then results.n_units_t end as n_units_t,
    case when results.suppressed_reason is null then results.n_units_c end as n_units_c,
    case when results.suppressed_reason is null then results.n_clusters_t end as n_clusters_t,
    case when results.suppressed_reason is null then results.n_clusters_c end as n_clusters_c,
    case when results.suppressed_reason is null then results.n_events_t end as n_events_t,
    case when results.suppressed_reason is null then results.n_events_c end as n_events_c,
    results.window_start,
    results.window_end,
    results.landmark_days,
    results.look_no,
    case when results.suppressed_reason is null then results.mde_80 end as mde_80,
    results.min_effect_of_interest,
    case when results.suppressed_reason is null then results.pretrend_stat end as pretrend_stat,
    results.pretrend_df,
    case when results.suppressed_reason is null then results.pretrend_p end as pretrend_p,
    case when results.suppressed_reason is null then results.pretrend_mdv end as pretrend_mdv,
    results.breakdown_m,
    case when results.suppressed_reason is null then results.bacon_forbidden_weight end as bacon_forbidden_weight,
    case when results.suppressed_reason is null then results.heterogeneity_p end as heterogeneity_p,
    results.srm_p,
    results.evalue_point,
    results.evalue_ci,
    results.max_smd,
    case when results.suppressed_reason is null then results.overlap_share end as overlap_share,
    case when results.suppressed_reason is null then results.share_dropped end as share_dropped,
    results.top1pct_share,
    case when results.suppressed_reason is null then results.assumptions_json end as assumptions_json,
    results.claim_level,
    results.verdict,
    results.refusal_codes,
    results.sentence,
    results.input_fingerprint,
    designs.is_main,
    designs.is_primary,
    designs.is_registered,
    cast(results.suppressed_reason as string) as suppressed_reason
from results
inner join designs on results.design_id = designs.design_id
