{% set answer = "(select * from " ~ ref('agg_response') ~ " where measure = 'answer') as answers" -%}
{% set reply = "(select * from " ~ ref('agg_response') ~ " where measure = 'reply') as replies" -%}
{% set reaction = "(select * from " ~ ref('agg_response') ~ " where measure = 'reaction') as reactions" -%}
{% set within = "(select * from ties where unit_type <> 'org_unit_pair') as within" -%}
with

people as (

    select * from {{ ref('agg_unit_people') }}

),

-- Whether a post found a second voice at all is asked of late replies too.
threads as (

    select
        replies.*,
        replies.threads_replied + coalesce(late.late_count, 0) as threads_answered
    from {{ reply }}
    left join {{ ref('agg_late_replies') }} as late on {{ same_unit('replies', 'late') }}

),

ties as (

    select
        agg.*,
        inside_ties + cross_ties as all_ties,
        inside_mutual + cross_mutual as mutual,
        inside_pairs + cross_pairs as all_pairs,
        {{ safe_divide('cross_ties', 'cross_pairs') }} as cross_density,
        {{ safe_divide('inside_ties', 'inside_pairs') }} as within_density,
        {{ safe_divide('cross_ties - inside_ties', 'cross_ties + inside_ties') }} as ei_index,
        {{ safe_divide('cross_pairs - inside_pairs', 'cross_pairs + inside_pairs') }} as ei_expected,
        case unit_type when 'organisation' then 2 * cross_ties else cross_ties end as cross_partners
    from {{ ref('agg_unit_ties') }} as agg

)

-- O1 to O3: ties of pairs of people, inside units and across.
{{ behaviour_rows(
    within, 'O1', safe_divide('cross_density', 'within_density'), n='all_pairs',
    enough='cross_pairs >= 30 and inside_pairs >= 30 and inside_ties > 0'
) }}
union all
{{ behaviour_rows(
    'ties', 'O1_cross', 'cross_density', n='cross_pairs', enough='cross_pairs >= 30',
    coverage='pair_coverage'
) }}
union all
{{ behaviour_rows(within, 'O1_within', 'within_density', n='inside_pairs', enough='inside_pairs >= 30') }}
union all
{{ behaviour_rows(within, 'O1_degree', safe_divide('cross_partners', 'people'), n='people') }}
union all
{{ behaviour_rows(within, 'O2', 'ei_index', n='all_ties', enough='all_ties >= 20') }}
union all
{{ behaviour_rows(within, 'O2_expected', 'ei_expected', n='all_ties', enough='all_ties >= 20') }}
union all
{{ behaviour_rows(within, 'O2_excess', 'ei_index - ei_expected', n='all_ties', enough='all_ties >= 20') }}
union all
{{ behaviour_rows(
    within, 'O2s', safe_divide('cross_mutual - inside_mutual', 'mutual'), n='mutual', enough='mutual >= 20'
) }}
union all
{{ behaviour_rows(
    'ties', 'O3', safe_divide('2 * mutual', 'all_ties + mutual'), n='all_ties', enough='all_ties >= 30',
    coverage='pair_coverage'
) }}
union all
{{ behaviour_rows(
    'ties', 'O3b', safe_divide('mutual', 'all_ties'), n='all_ties',
    low=wilson_low('mutual', 'all_ties'), high=wilson_high('mutual', 'all_ties'), enough='all_ties >= 30',
    coverage='pair_coverage'
) }}
-- O4, O5: questions, in working hours.
union all
{{ behaviour_rows(
    answer, 'O4', 'median_hours', n='posts', people='authors', low='median_low_hours', high='median_high_hours',
    enough='responded >= 20', is_due='median_hours is not null'
) }}
{% for h in ['4', '24', '72'] -%}
union all
{{ behaviour_rows(
    answer, 'O4_s' ~ h, 'open_' ~ h, n='posts', people='authors', low='open_' ~ h ~ '_low', high='open_' ~ h ~ '_high',
    enough='responded >= 20', is_due=is_due_at(h)
) }}
{% endfor -%}
union all
{{ behaviour_rows(
    answer, 'O5', '1 - open_48', n='posts', people='authors', low='1 - open_48_high', high='1 - open_48_low',
    enough='posts >= 10', is_due=is_due_at('48')
) }}
-- O7, O8, O10: eligible people.
{% for metric_id, count in {
    'O7_0': 'silent_count', 'O7_1_4': 'occasional_count', 'O7_5': 'regular_count', 'O10': 'isolate_count'
}.items() -%}
union all
{{ behaviour_rows(
    'people', metric_id, safe_divide(count, 'people'), n='people',
    low=wilson_low(count, 'people'), high=wilson_high(count, 'people')
) }}
{% endfor -%}
union all
{{ behaviour_rows('people', 'O8', 'partner_median', n='people') }}
-- O11, O12: posts, in calendar hours.
{% for metric_id, responses in {'O11': reply, 'O11_reaction': reaction}.items() -%}
union all
{{ behaviour_rows(
    responses, metric_id, '1 - open_72', n='posts', people='authors', low='1 - open_72_high', high='1 - open_72_low',
    enough='posts >= 10', is_due=is_due_at('72'), is_observable='posts > 0 or all_posts = 0',
    coverage=safe_divide('posts', 'all_posts') if metric_id == 'O11_reaction' else 'null'
) }}
{% endfor -%}
union all
{{ behaviour_rows(
    'threads', 'O12', safe_divide('threads_answered', 'threads'), n='threads', people='authors',
    low=wilson_low('threads_answered', 'threads'), high=wilson_high('threads_answered', 'threads'), enough='threads >= 30'
) }}
