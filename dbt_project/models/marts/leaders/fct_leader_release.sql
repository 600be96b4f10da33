{% set shares = {
    'active_leader_share': ('active_leaders', 'leaders_n'),
    'purposeful_leader_share': ('purposeful_leaders', 'leaders_n'),
    'engaged_leader_share': ('engaged_leaders', 'classifiable_n'),
} -%}
{% set ratios = {'two_way_ratio': 'two_way', 'skip_level_share': 'skip_level', 'delegate_share': 'delegate'} -%}
{#- Whose people are counted for k: a slug, and the column with the leaders behind it. -#}
{% set people = {
    'posting_days': 'leaders_n', 'leader_reply_rate': 'replies.addressed_n', 'reach_leaders': 'reach.reach_leaders_n',
} -%}
{% set slugs = shares.keys() | list + ratios.keys() | list + people.keys() | list -%}
with

cells as (

    select
        leaders.*,
        {% for slug, (successes, n) in shares.items() -%}
            leaders.{{ successes }} as {{ slug }}_successes,
            leaders.{{ n }} as {{ slug }}_n,
        {% endfor -%}
        {% for slug, name in ratios.items() -%}
            {% for part in ['n', 'x', 'y', 'xx', 'xy', 'yy'] -%}
                leaders.{{ name }}_{{ part }} as {{ slug }}_{{ part }},
            {% endfor -%}
        {% endfor -%}
        {% for slug, n in people.items() -%}
            coalesce({{ n }}, 0) as {{ slug }}_n,
        {% endfor -%}
        coalesce(replies.thread_n, 0) as thread_n,
        coalesce(replies.at_risk_n, 0) as at_risk_n,
        replies.replied_share as leader_reply_rate_value,
        replies.replied_low as leader_reply_rate_low,
        replies.replied_high as leader_reply_rate_high,
        coalesce(reach.audience_n, 0) as engaged_reach_n,
        reach.engaged_n as engaged_reach_successes
    from {{ ref('agg_leader_engagement') }} as leaders
    left join {{ ref('agg_leader_reply') }} as replies
        on {{ same_unit('leaders', 'replies') }} and leaders.voice = replies.voice
    left join {{ ref('agg_leader_reach') }} as reach
        on {{ same_unit('leaders', 'reach') }} and leaders.voice = reach.voice

),

own_reasons as (

    select
        cells.*,
        {% for slug in slugs -%}
            {{ hidden_reason(
                slug, within='unit_type, parent, period_start_date, voice', is_part="unit_type <> 'organisation'",
                name=slug ~ '_own'
            ) }}
            {%- if not loop.last %},{% endif %}
        {% endfor -%}
    from cells

),

-- The cells of a band that is hidden as a complement would add up to it.
released as (

    select
        cells.*,
        {% for slug in slugs -%}
            coalesce(cells.{{ slug }}_own, case when bands.{{ slug }}_own = 'complementary' then 'complementary' end)
                as {{ slug }}_released{% if not loop.last %},{% endif %}
        {% endfor -%}
    from own_reasons as cells
    left join own_reasons as bands
        on
            cells.parent = bands.unit
            and cells.period_start_date = bands.period_start_date
            and cells.voice = bands.voice
            and bands.unit_type = 'leader_band'

),

hidden as (

    select
        released.*,
        {% for slug in shares.keys() | list + ['posting_days', 'two_way_ratio'] -%}
            {{ slug }}_released as {{ slug }}_hidden,
        {% endfor -%}
        {% for slug, least in [
            ('skip_level_share', 'skip_level_share_y < 20'), ('leader_reply_rate', 'thread_n < 20 or at_risk_n < 10'),
        ] -%}
            coalesce({{ slug }}_released, case when {{ least }} then 'insufficient_n' end) as {{ slug }}_hidden,
        {% endfor -%}
        case
            when delegate_share_y = 0 then 'not_observable'  -- no tool marks delegates
            else coalesce(delegate_share_released, case when delegate_share_y < 10 then 'insufficient_n' end)
        end as delegate_share_hidden,
        coalesce(reach_leaders_released, case when engaged_reach_n < 30 then 'insufficient_n' end)
            as engaged_reach_hidden
    from released

)

select * from hidden
