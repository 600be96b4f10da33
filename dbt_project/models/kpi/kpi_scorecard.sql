-- One row per declared purpose, and the row _org: what it promised, where the number stands, what may be said of it.
with

-- The claim of each purpose's main design; no row as long as none has been evaluated.
evidence as (

    select
        purpose_id,
        outcome as metric_id,
        claim_level,
        verdict,
        sentence,
        q_bh_portfolio
    from {{ ref('kpi_impact') }}
    where is_main and stratum = ''

),

judged as (

    select
        subjects.*,
        numbers.baseline_value,
        numbers.baseline_n,
        numbers.current_value,
        numbers.current_ci_low,
        numbers.current_ci_high,
        numbers.current_n,
        numbers.current_suppressed_reason,
        numbers.current_period_start,
        numbers.current_period_grain,
        numbers.current_unit_type,
        numbers.coverage,
        coalesce(
            evidence.claim_level, case when numbers.current_value is not null then 'descriptive' else 'none' end
        ) as claim_level,
        evidence.verdict,
        evidence.sentence as evidence_sentence,
        evidence.q_bh_portfolio,
        chasm.chasm_status,
        chasm.growth,
        chasm.t16_status,
        chasm.t16_earliest_date,
        chasm.t16_latest_date,
        chasm.t16_refusal_reason
    from {{ ref('fct_scorecard_subject') }} as subjects
    inner join {{ ref('fct_scorecard_number') }} as numbers on subjects.purpose_id = numbers.purpose_id
    left join evidence on subjects.purpose_id = evidence.purpose_id and subjects.metric_id = evidence.metric_id
    left join {{ ref('fct_scorecard_chasm') }} as chasm on subjects.purpose_id = chasm.purpose_id

)

select
    purpose_id,
    title,
    sponsor_role,
    owner_role,
    org_goal,
    stage,
    metric_id,
    unit_of_measure,
    is_higher_better,
    baseline_declared_value,
    baseline_value,
    baseline_n,
    target_value,
    target_by_date,
    min_effect_of_interest,
    current_value,
    current_ci_low,
    current_ci_high,
    current_n,
    current_suppressed_reason,
    current_period_start,
    current_period_grain,
    current_unit_type,
    coverage,
    claim_level,
    verdict,
    q_bh_portfolio,
    coalesce(evidence_sentence, {{ descriptive_sentence() }}) as sentence,
    chasm_status,
    growth,
    t16_status,
    t16_earliest_date,
    t16_latest_date,
    t16_refusal_reason,
    {{ next_step() }} as next_step,
    data_until_date
from judged
