{% set shares = {
    'active_leader_share': ('active_leaders', 'leaders_n'),
    'purposeful_leader_share': ('purposeful_leaders', 'leaders_n'),
    'engaged_leader_share': ('engaged_leaders', 'classifiable_n'),
} %}
with

cells as (

    select
        unit_type,
        unit,
        parent,
        period_start_date,
        observable_count,
        leaders_n,
        {% for slug, (successes, n) in shares.items() -%}
            {{ successes }} as {{ slug }}_successes,
            {{ n }} as {{ slug }}_n,
        {% endfor -%}
        posting_days,
        posting_days_p25,
        posting_days_p75,
        leaders_n as posting_days_n,
        writers_n as two_way_ratio_n,
        replies as two_way_ratio_x,
        written as two_way_ratio_y,
        replies_squared as two_way_ratio_xx,
        replies_times_written as two_way_ratio_xy,
        written_squared as two_way_ratio_yy
    from {{ ref('agg_leader_engagement') }}

),

{% set slugs = shares.keys() | list + ['posting_days', 'two_way_ratio'] -%}
own_reasons as (

    select
        cells.*,
        {% for slug in slugs -%}
            {{ hidden_reason(
                slug, within='unit_type, parent, period_start_date', is_part="unit_type <> 'organisation'"
            ) }}
            {%- if not loop.last %},{% endif %}
        {% endfor -%}
    from cells

),

-- The cells of a band that is hidden as a complement would add up to it.
hidden as (

    select
        cells.unit_type,
        cells.unit,
        cells.period_start_date,
        cells.observable_count,
        cells.leaders_n,
        {% for slug in slugs -%}
            {% if slug in shares %}cells.{{ slug }}_successes,{% endif %}
            cells.{{ slug }}_n,
            coalesce(
                cells.{{ slug }}_hidden,
                case when bands.{{ slug }}_hidden = 'complementary' then 'complementary' end
            ) as {{ slug }}_hidden,
        {% endfor -%}
        cells.posting_days,
        cells.posting_days_p25,
        cells.posting_days_p75,
        {% for part in ['x', 'y', 'xx', 'xy', 'yy'] -%}
            cells.two_way_ratio_{{ part }}{% if not loop.last %},{% endif %}
        {% endfor -%}
    from own_reasons as cells
    left join own_reasons as bands
        on
            cells.parent = bands.unit
            and cells.period_start_date = bands.period_start_date
            and bands.unit_type = 'leader_band'

)

select
    '_org' as purpose_id,
    unit_type,
    unit,
    period_start_date as period_start,
    'w28' as period_grain,
    {{ family_version('L') }} as metric_version,
    case
        when posting_days_hidden is null or posting_days_hidden = 'not_observable'
            then {{ safe_divide('observable_count', 'leaders_n') }}
    end as coverage,
    {% for slug in shares -%}
        {{ share_columns(slug, min_n=0, min_each=0) }},
    {% endfor -%}
    {{ value_columns('posting_days', of='posting_days') }},
    {{ value_columns('posting_days_p25', of='posting_days') }},
    {{ value_columns('posting_days_p75', of='posting_days') }},
    {{ ratio_columns('two_way_ratio') }}
from hidden
