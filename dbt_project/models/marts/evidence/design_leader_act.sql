-- One row per kind of act whose first time by a leader may move the audience: what nobody declared, so exploratory.
{% set acts = {'post': 'posted', 'reply': 'replied', 'reaction': 'endorsed a post'} -%}
{% for act, done in acts.items() -%}
select
    '_org:A5:staggered_did-first_{{ act }}' as design_id,
    '_org' as purpose_id,
    'A5' as outcome,
    '{{ act }}' as act,
    'hazard' as outcome_kind,
    'the share of those left in an audience who adopt within {{ var("ledger_period_weeks") }} weeks' as outcome_label,
    'share' as unit_of_measure,
    'change of the average audience since its leader first {{ done }} minus that of the others' as estimand,
    'audiences whose leader had {{ done }} minus other audiences' as contrast,
    'audiences whose leader never did' as control_group,
    'staggered_did' as method,
    'audience' as unit_of_analysis,
    cast(null as bigint) as landmark_days,
    cast(1 as bigint) as declared_direction,
    cast(null as double) as min_effect_of_interest,
    false as is_primary,
    false as is_main,
    cast(0 as bigint) as anticipation_periods,
    false as is_registered,
    '' as content_hash,
    '' as problem_codes
{% if not loop.last -%}
    union all
{% endif %}
{%- endfor %}
