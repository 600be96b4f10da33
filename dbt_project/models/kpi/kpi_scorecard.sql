-- One row per declared purpose, and the row _org: what it promised, where the number stands, what may be said of it.
with

subjects as (

    select
        purpose_id, title, sponsor_role, owner_role, org_goal, stage, outcome_metric_id as metric_id, start_date,
        baseline_declared_value, target_value, target_by_date, min_effect_of_interest, stop_date,
        is_measurable, missing_fields
    from {{ ref('dim_purpose') }}
    union all
    select
        '_org', 'The organisation as a whole', null, null, null, null, 'C1b_180', null,
        null, null, null, null, null, null, null

),

counts as (

    select
        count(*) as purpose_count,
        coalesce(sum(case when is_measurable then 1 else 0 end), 0) as measurable_count
    from {{ ref('dim_purpose') }}

),

-- Until when the sources of a metric have seen the world; a roster or a purpose does not count for an outcome.
observed as (

    select
        metrics.metric_id,
        cast(max(files.observed_until) as date) as data_until_date
    from {{ ref('dim_metric') }} as metrics
    inner join {{ ref('stg_throughline__files') }} as files
        on {{ dbt.concat(["' '", 'metrics.sources', "' '"]) }} like {{ dbt.concat(["'% '", 'files.source', "' %'"]) }}
    group by metrics.metric_id

),

latest as (

    select max(data_until_date) as data_until_date from observed

),

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
    from subjects
    inner join {{ ref('kpi_value') }} as numbers
        on subjects.metric_id = numbers.metric_id
        and numbers.purpose_id in (subjects.purpose_id, '_org')
    where numbers.unit_type in ('organisation', 'population') and numbers.period_grain <> 'baseline'

),

current_values as (

    select * from candidates where candidate_rank = 1

),

baselines as (

    select
        purpose_id,
        metric_id,
        value,
        n
    from {{ ref('kpi_value') }}
    where period_grain = 'baseline' and unit_type = 'population'

),

-- The chasm is the organisation's: adoption is not cut by purpose, so a purpose's own status is not known.
adoption as (

    select
        purpose_id,
        chasm_status,
        growth,
        row_number() over (partition by purpose_id order by period_start desc) as window_from_last
    from {{ ref('kpi_adoption') }}
    where unit_type = 'organisation' and chasm_status is not null

),

-- When 16 % are reached: seen, forecast as a range, or refused.
crossing as (

    select
        purpose_id,
        t16_status,
        t16_earliest_date,
        t16_latest_date,
        refusal_reason as t16_refusal_reason
    from {{ ref('kpi_adoption_forecast') }}
    where scenario = 'all'

),

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

-- In the tools; a CRM has few users, and no roster is no match at all.
people as (

    select {{ safe_divide('sum(matched_count)', 'sum(account_count)') }} as match_share
    from {{ ref('int_people_match') }}
    where is_tool and roster_count > 0

),

judged as (

    select
        subjects.*,
        metrics.question,
        metrics.value_shown,
        metrics.unit_of_measure,
        metrics.is_higher_better,
        baselines.value as baseline_value,
        baselines.n as baseline_n,
        current_values.value as current_value,
        current_values.ci_low as current_ci_low,
        current_values.ci_high as current_ci_high,
        current_values.n as current_n,
        current_values.suppressed_reason as current_suppressed_reason,
        current_values.period_start as current_period_start,
        current_values.period_grain as current_period_grain,
        current_values.unit_type as current_unit_type,
        current_values.coverage,
        coalesce(
            evidence.claim_level, case when current_values.value is not null then 'descriptive' else 'none' end
        ) as claim_level,
        evidence.verdict,
        evidence.sentence as evidence_sentence,
        evidence.q_bh_portfolio,
        adoption.chasm_status,
        adoption.growth,
        crossing.t16_status,
        crossing.t16_earliest_date,
        crossing.t16_latest_date,
        crossing.t16_refusal_reason,
        counts.purpose_count,
        counts.measurable_count,
        people.match_share,
        coalesce(observed.data_until_date, latest.data_until_date) as data_until_date
    from subjects
    cross join counts
    cross join latest
    cross join people
    left join {{ ref('dim_metric') }} as metrics on subjects.metric_id = metrics.metric_id
    left join observed on subjects.metric_id = observed.metric_id
    left join baselines on subjects.purpose_id = baselines.purpose_id and subjects.metric_id = baselines.metric_id
    left join current_values on subjects.purpose_id = current_values.purpose_id
    left join evidence on subjects.purpose_id = evidence.purpose_id and subjects.metric_id = evidence.metric_id
    left join adoption on subjects.purpose_id = adoption.purpose_id and adoption.window_from_last = 1
    left join crossing on subjects.purpose_id = crossing.purpose_id

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
