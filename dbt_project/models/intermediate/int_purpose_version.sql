-- One row per declared purpose and version of it, in order, with its lists and a key of all that it is judged by.
{%- set judged = [
    'outcome_metric', 'start_date', 'baseline_from_date', 'baseline_until_date', 'baseline_value', 'target_value',
    'target_by_date', 'min_effect_of_interest', 'method', 'design_unit', 'design_cluster', 'landmark_days',
    'anticipation_periods', 'lot_share', 'org_units', 'drawn_units', 'outcomes', 'looks',
] %}
with

populations as (

    select
        purpose_id,
        content_hash,
        {{ sorted_list('org_unit') }} as org_units,
        {{ sorted_list('drawn_unit') }} as drawn_units
    from (
        select
            purpose_id,
            content_hash,
            org_unit,
            case when is_drawn then org_unit end as drawn_unit
        from {{ ref('stg_purposes__org_units') }}
    ) as units
    group by purpose_id, content_hash

),

spaces as (

    select
        purpose_id,
        content_hash,
        {{ sorted_list('space') }} as spaces
    from {{ ref('stg_purposes__spaces') }}
    group by purpose_id, content_hash

),

looks as (

    select
        purpose_id,
        content_hash,
        count(*) as look_count,
        max(look_date) as last_look_date,
        {{ sorted_list('look_text') }} as looks
    from (
        select
            purpose_id,
            content_hash,
            look_date,
            cast(look_date as string) as look_text
        from {{ ref('stg_purposes__looks') }}
    ) as days
    group by purpose_id, content_hash

),

others as (

    select
        purpose_id,
        content_hash,
        {{ sorted_list('outcome_text') }} as outcomes
    from (
        select
            purpose_id,
            content_hash,
            {{ dbt.concat([
                'outcome_metric', "' target '", "coalesce(cast(cast(target_value as decimal(18, 4)) as string), 'none')", "' least '",
                "coalesce(cast(cast(min_effect_of_interest as decimal(18, 4)) as string), 'none')", "' method '", "coalesce(method, 'as main')",
            ]) }} as outcome_text
        from {{ ref('stg_purposes__secondary') }}
    ) as keyed
    group by purpose_id, content_hash

),

versions as (

    select
        versions.*,
        populations.org_units,
        populations.drawn_units,
        spaces.spaces,
        looks.looks,
        looks.last_look_date,
        others.outcomes,
        coalesce(looks.look_count, 0) as look_count,
        row_number() over (
            partition by versions.purpose_id order by versions.registered_at, versions.content_hash
        ) as version_no
    from {{ ref('stg_purposes__purposes') }} as versions
    left join populations
        on versions.purpose_id = populations.purpose_id and versions.content_hash = populations.content_hash
    left join spaces
        on versions.purpose_id = spaces.purpose_id and versions.content_hash = spaces.content_hash
    left join looks
        on versions.purpose_id = looks.purpose_id and versions.content_hash = looks.content_hash
    left join others
        on versions.purpose_id = others.purpose_id and versions.content_hash = others.content_hash

)

select
    versions.*,
    {{ surrogate_key(judged) }} as judged_key
from versions
