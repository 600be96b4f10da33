-- One row per purpose of the scorecard, and _org: where its number stands, and where it stood before the start.
with

-- The purpose's own population since its start; where the metric is not cut by purpose, the whole organisation.
candidates as (

    select
        subjects.purpose_id,
        numbers.value,
        numbers.ci_low,
        numbers.ci_high,
        numbers.n,
        numbers.coverage,
        numbers.suppressed_reason,
        numbers.period_start,
        numbers.period_grain,
        numbers.unit_type,
        row_number() over (
            partition by subjects.purpose_id
            order by
                case when numbers.purpose_id = subjects.purpose_id then 0 else 1 end,
                case numbers.period_grain when 'since_start' then 0 when 'quarter' then 1 when 'w28' then 1 else 2 end,
                case when numbers.value is null then 1 else 0 end,
                numbers.period_start desc,
                numbers.unit_type
        ) as candidate_rank
    from {{ ref('fct_scorecard_subject') }} as subjects
    inner join {{ ref('kpi_value') }} as numbers
        on subjects.metric_id = numbers.metric_id
        and numbers.purpose_id in (subjects.purpose_id, '_org')
    where numbers.unit_type in ('organisation', 'population') and numbers.period_grain <> 'baseline'

),

baselines as (

    select
        purpose_id,
        metric_id,
        value,
        n
    from {{ ref('kpi_value') }}
    where period_grain = 'baseline' and unit_type = 'population'

)

select
    subjects.purpose_id,
    candidates.value as current_value,
    candidates.ci_low as current_ci_low,
    candidates.ci_high as current_ci_high,
    candidates.n as current_n,
    candidates.suppressed_reason as current_suppressed_reason,
    candidates.period_start as current_period_start,
    candidates.period_grain as current_period_grain,
    candidates.unit_type as current_unit_type,
    candidates.coverage,
    baselines.value as baseline_value,
    baselines.n as baseline_n
from {{ ref('fct_scorecard_subject') }} as subjects
left join candidates on subjects.purpose_id = candidates.purpose_id and candidates.candidate_rank = 1
left join baselines on subjects.purpose_id = baselines.purpose_id and subjects.metric_id = baselines.metric_id
