with

results as (

    select * from {{ source('throughline', 'impact_result') }}

),

renamed as (

    select
        cast(run_id as string) as run_id,
        cast(design_id as string) as design_id,
        cast(purpose_id as string) as purpose_id,
        cast(outcome as string) as outcome,
        cast(method as string) as method,
        cast(unit as string) as unit,
        cast(contrast as string) as contrast,
        cast(estimand as string) as estimand,
        cast(stratum as string) as stratum,
        cast(method_version as string) as method_version,
        cast(control_group as string) as control_group,
        cast(estimate as double) as estimate,
        cast(se as double) as se,
        cast(ci_low as double) as ci_low,
        cast(ci_high as double) as ci_high,
        cast(ci_level as double) as ci_level,
        cast(ci_kind as string) as ci_kind,
        cast(ci_method as string) as ci_method,
        cast(df as double) as df,
        cast(p_value as double) as p_value,
        cast(p_permutation as double) as p_permutation,
        cast(q_bh as double) as q_bh,
        cast(q_bh_portfolio as double) as q_bh_portfolio,
        cast(relative_effect as double) as relative_effect,
        cast(baseline_mean as double) as baseline_mean,
        cast(naive_estimate as double) as naive_estimate,
        cast(naive_ci_low as double) as naive_ci_low,
        cast(naive_ci_high as double) as naive_ci_high,
        cast(n_units_t as bigint) as n_units_t,
        cast(n_units_c as bigint) as n_units_c,
        cast(n_clusters_t as bigint) as n_clusters_t,
        cast(n_clusters_c as bigint) as n_clusters_c,
        cast(n_events_t as bigint) as n_events_t,
        cast(n_events_c as bigint) as n_events_c,
        cast(window_start as date) as window_start,
        cast(window_end as date) as window_end,
        cast(landmark_days as bigint) as landmark_days,
        cast(look_no as bigint) as look_no,
        cast(mde_80 as double) as mde_80,
        cast(min_effect_of_interest as double) as min_effect_of_interest,
        cast(pretrend_stat as double) as pretrend_stat,
        cast(pretrend_df as bigint) as pretrend_df,
        cast(pretrend_p as double) as pretrend_p,
        cast(pretrend_mdv as double) as pretrend_mdv,
        cast(breakdown_m as double) as breakdown_m,
        cast(bacon_forbidden_weight as double) as bacon_forbidden_weight,
        cast(heterogeneity_p as double) as heterogeneity_p,
        cast(srm_p as double) as srm_p,
        cast(evalue_point as double) as evalue_point,
        cast(evalue_ci as double) as evalue_ci,
        cast(max_smd as double) as max_smd,
        cast(overlap_share as double) as overlap_share,
        cast(share_dropped as double) as share_dropped,
        cast(top1pct_share as double) as top1pct_share,
        cast(assumptions_json as string) as assumptions_json,
        cast(claim_level as string) as claim_level,
        cast(verdict as string) as verdict,
        cast(refusal_codes as string) as refusal_codes,
        cast(sentence as string) as sentence,
        cast(input_fingerprint as string) as input_fingerprint,
        cast(computed_at as timestamp) as computed_at
    from results

)

select * from renamed
