-- One row per declared purpose, and the row _org: what it promised, in which metric, and until when that is seen.
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

-- In the tools; a CRM has few users, and no roster is no match at all.
people as (

    select {{ safe_divide('sum(matched_count)', 'sum(account_count)') }} as match_share
    from {{ ref('int_people_match') }}
    where is_tool and roster_count > 0

)

select
    subjects.purpose_id,
    subjects.title,
    subjects.sponsor_role,
    subjects.owner_role,
    subjects.org_goal,
    subjects.stage,
    subjects.metric_id,
    subjects.start_date,
    subjects.baseline_declared_value,
    subjects.target_value,
    subjects.target_by_date,
    subjects.min_effect_of_interest,
    subjects.stop_date,
    subjects.is_measurable,
    subjects.missing_fields,
    metrics.question,
    metrics.value_shown,
    metrics.unit_of_measure,
    metrics.is_higher_better,
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
