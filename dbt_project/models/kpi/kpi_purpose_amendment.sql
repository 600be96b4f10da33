-- One row per purpose x version after the first x field: what was changed, from what to what, and whether it came late.
{%- set judged = [
    'outcome_metric', 'start_date', 'baseline_from_date', 'baseline_until_date', 'baseline_value', 'target_value',
    'target_by_date', 'min_effect_of_interest', 'method', 'design_unit', 'design_cluster', 'landmark_days',
    'anticipation_periods', 'lot_share', 'org_units', 'drawn_units', 'outcomes', 'looks',
] -%}
{%- set fields = judged + [
    'title', 'sponsor_role', 'owner_role', 'org_goal', 'stage', 'behaviour_metric', 'eligible_from_date', 'stop_date',
    'spaces',
] -%}
{#- doubles are written alike by all engines as decimals only -#}
{%- set decimals = ['baseline_value', 'target_value', 'min_effect_of_interest', 'lot_share'] %}
with

versions as (

    select * from {{ ref('int_purpose_version') }}

),

-- The first outcome of the version that is judged; later changes of what is judged are exploratory.
outcomes as (

    select
        purpose_id,
        min(first_outcome_date) as first_outcome_date
    from {{ ref('design_version') }}
    where not is_amended
    group by purpose_id

),

changes as (

    {% for field in fields %}
    select
        later.purpose_id,
        later.version_no,
        later.registered_at as amended_at,
        '{{ field }}' as field,
        {% set text = 'cast(cast(? as decimal(18, 4)) as string)' if field in decimals else 'cast(? as string)' %}
        {{ text.replace('?', 'earlier.' ~ field) }} as old_value,
        {{ text.replace('?', 'later.' ~ field) }} as new_value,
        {{ 'true' if field in judged else 'false' }} as is_judged,
        later.content_hash
    from versions as later
    inner join versions as earlier
        on later.purpose_id = earlier.purpose_id and later.version_no = earlier.version_no + 1
    where
        coalesce({{ text.replace('?', 'earlier.' ~ field) }}, '')
        <> coalesce({{ text.replace('?', 'later.' ~ field) }}, '')
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    changes.purpose_id,
    cast(changes.version_no as bigint) as version_no,
    changes.amended_at,
    changes.field,
    changes.old_value,
    changes.new_value,
    changes.is_judged,
    coalesce({{ local_date('changes.amended_at') }} > outcomes.first_outcome_date, false) as is_after_first_outcome,
    changes.content_hash
from changes
left join outcomes on changes.purpose_id = outcomes.purpose_id
