-- One row per org unit, pair of org units, or the organisation, and w28 window: how people work with each other.
{%- set numbers = {
    'O1': 'cross_unit_density', 'O1_cross': 'cross_unit_density_cross',
    'O1_within': 'cross_unit_density_within', 'O1_degree': 'cross_unit_degree', 'O2': 'ei_index',
    'O2_expected': 'ei_expected', 'O2_excess': 'ei_excess', 'O2s': 'ei_index_strong', 'O3': 'reciprocity_arc',
    'O3b': 'two_way_pair_share', 'O4': 'response_time', 'O4_s4': 'response_time_s4',
    'O4_s24': 'response_time_s24', 'O4_s72': 'response_time_s72', 'O5': 'answered_48h',
    'O6_all': 'contribution_gini_all', 'O6_active': 'contribution_gini_active', 'O7_0': 'participation_0',
    'O7_1_4': 'participation_1_4', 'O7_5': 'participation_5', 'O7_top1': 'participation_top1',
    'O7_top10': 'participation_top10', 'O8': 'partner_reach', 'O9': 'unit_constraint', 'O10': 'isolate_share',
    'O11': 'reply_rate_72h', 'O11_reaction': 'reaction_rate_72h', 'O12': 'thread_reply_share',
} %}
with

numbers as (

    select * from {{ ref('agg_behaviour') }} where {{ touched('period_start_date') }}
    union all
    select * from {{ ref('stg_throughline__behaviour_estimate') }} where {{ touched('period_start_date') }}

),

-- A pair is there only where both of its units may be shown, so that it stands in no release.
reasons as (

    select
        numbers.*,
        released.eligible_hidden,
        {{ safe_divide('released.observable_count', 'released.eligible_n') }} as unit_coverage,
        {{ cell_reason(
            'numbers.people',
            within='numbers.metric_id, numbers.period_start_date',
            is_part="numbers.unit_type = 'org_unit'",
            tie_break='numbers.unit',
            hidden=below_k('numbers.people') ~ ' or released.eligible_hidden is not null',
            candidate='numbers.own_reason is null',
        ) }} as cell_reason
    from numbers
    left join {{ ref('fct_unit_release') }} as released
        on
            numbers.unit_type = released.unit_type
            and numbers.unit = released.unit
            and numbers.period_start_date = released.period_start_date

),

-- Of nothing there is nothing to hide; a number from fewer cases than k people is too thin, whatever its own minimum.
released as (

    select
        reasons.*,
        case
            when eligible_hidden is not null then eligible_hidden
            when n = 0 then coalesce(own_reason, 'insufficient_n')
            when cell_reason is not null then cell_reason
            when own_reason is not null then own_reason
            when n < {{ min_cohort() }} then 'insufficient_n'
        end as suppressed_reason
    from reasons

),

shown as (

    select
        '_org' as purpose_id,
        unit_type,
        unit,
        period_start_date as period_start,
        'w28' as period_grain,
        metric_id,
        case when suppressed_reason is null then value end as value,
        case when suppressed_reason is null then ci_low end as ci_low,
        case when suppressed_reason is null then ci_high end as ci_high,
        case when coalesce(suppressed_reason, '') not in ('below_k', 'complementary') then n end as n,
        case
            when coalesce(suppressed_reason, '') not in ('below_k', 'complementary')
                then coalesce(coverage, unit_coverage)
        end as coverage,
        suppressed_reason
    from released

)

select
    purpose_id,
    unit_type,
    unit,
    period_start,
    period_grain,
    {{ family_version('O') }} as metric_version,
    {% for metric_id, slug in numbers.items() -%}
        {{ outcome_columns(metric_id, slug) }}{% if not loop.last %},{% endif %}
    {% endfor -%}
from shown
group by purpose_id, unit_type, unit, period_start, period_grain
