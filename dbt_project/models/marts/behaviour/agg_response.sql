{% set cell = 'unit_type, unit, period_start_date, measure' -%}
{% set same_cell %}
    cells.unit_type = theirs.unit_type
    and cells.unit = theirs.unit
    and cells.period_start_date = theirs.period_start_date
    and cells.measure = theirs.measure
{%- endset -%}
with

measures as (

    select 'answer' as measure
    union all
    select 'reply' as measure
    union all
    select 'reaction' as measure

),

-- Every cell, whether anybody in it wrote a post or not.
cells as (

    select
        units.unit_type,
        units.unit,
        units.period_start_date,
        measures.measure
    from {{ ref('agg_unit_people') }} as units
    cross join measures
    where {{ touched('units.period_start_date') }}

),

curves as (

    select
        {{ cell }},
        max(at_risk_count) as posts,
        sum(event_count) as responded,
        {% for h in [4, 24, 48, 72] -%}
            {{ at_horizon(h) }} as open_{{ h }},
            {{ at_horizon(h, 'survival_low') }} as open_{{ h }}_low,
            {{ at_horizon(h, 'survival_high') }} as open_{{ h }}_high,
            {{ at_risk_at(h) }} as at_risk_{{ h }},
            {{ censored_before(h) }} as censored_{{ h }},
        {% endfor -%}
        {{ median_time() }} as median_hours,
        {{ median_time('survival_low') }} as median_low_hours,
        {{ median_time('survival_high') }} as median_high_hours
    from {{ ref('agg_response_curve') }}
    where {{ touched('period_start_date') }}
    group by {{ cell }}

),

unit_authors as (

    select
        {{ cell }},
        count(distinct person_key) as authors,
        sum(case when followed_hours >= 72 then 1 else 0 end) as threads,
        sum(case when followed_hours >= 72 and is_responded then 1 else 0 end) as threads_replied
    from {{ ref('fct_response_cell') }}
    where unit_type = 'org_unit' and {{ touched('period_start_date') }} and {{ touched('week_start_date', 0, 21) }}
    group by {{ cell }}

),

-- Everybody is in one unit of a window: the organisation is their sum.
authors as (

    select * from unit_authors
    union all
    select
        'organisation' as unit_type,
        '_org' as unit,
        period_start_date,
        measure,
        sum(authors) as authors,
        sum(threads) as threads,
        sum(threads_replied) as threads_replied
    from unit_authors
    group by period_start_date, measure

),

joined as (

    select
        cells.*,
        {% for column in ['posts', 'responded'] -%}
            cast(coalesce(theirs.{{ column }}, 0) as bigint) as {{ column }},
        {% endfor -%}
        {% for h in [4, 24, 48, 72] -%}
            theirs.open_{{ h }},
            theirs.open_{{ h }}_low,
            theirs.open_{{ h }}_high,
            theirs.at_risk_{{ h }},
            theirs.censored_{{ h }},
        {% endfor -%}
        theirs.median_hours,
        theirs.median_low_hours,
        theirs.median_high_hours
    from cells
    left join curves as theirs on {{ same_cell }}

)

select
    cells.*,
    max(case when cells.measure = 'reply' then cells.posts else 0 end) over (
        partition by cells.unit_type, cells.unit, cells.period_start_date
    ) as all_posts,
    {% for column in ['authors', 'threads', 'threads_replied'] -%}
        cast(coalesce(theirs.{{ column }}, 0) as bigint) as {{ column }}{{ ',' if not loop.last }}
    {% endfor -%}
from joined as cells
left join authors as theirs on {{ same_cell }}
