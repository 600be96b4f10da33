-- People who did something within so many days, the window's last day among them: the vendors' spans differ by a day
-- or two. What a vendor shows as a number of people is one; the others are shares of the eligible.
{%- set counted = [
    ('slack.weekly_posting', 'message', 7), ('slack.monthly_posting', 'message', 28),
    ('mattermost.mau', 'contribution', 30), ('mattermost.mau_server', 'contribution', 31),
] -%}
{%- set shares = [
    ('swoop.active_users', 'contribution', 28), ('swoop.interactive_user', 'reaction', 182),
    ('swoop.engagement_people', 'response', 28), ('tygraph.engaged', 'contribution', 28),
    ('viva.is_active', 'message', 28),
] -%}
{%- set segments = [
    ('power', 'power_users'), ('habitual', 'habitual - power_users'), ('novice', 'novices'), ('low', 'low_users'),
    ('non_user', 'non_users'),
] %}
with

counts as (

    select
        period_start_date,
        count(*) as eligible_n,
        {{ safe_divide('sum(case when is_observable then 1 else 0 end)', 'count(*)') }} as coverage,
        {% for metric_id, kind, days in counted + shares -%}
            sum(case when {{ kind }}_age_days <= {{ days }} then 1 else 0 end) as {{ metric_id | replace('.', '_') }},
        {% endfor -%}
        -- who never began is in neither
        sum(case when contribution_age_days <= 30 then 1 else 0 end) as active_month,
        sum(case when contribution_age_days <= 365 then 1 else 0 end) as active_year
    from {{ ref('fct_person_recency') }}
    group by period_start_date

),

-- The twelve-week rule of Viva Insights, which our own segments follow too.
segments as (

    select
        segments.*,
        counts.coverage
    from {{ ref('agg_adoption_window') }} as segments
    inner join counts on segments.period_start_date = counts.period_start_date
    where segments.unit_type = 'organisation' and segments.classifiable_n > 0

)

{% for metric_id, kind, days in counted -%}
    {%- set people = metric_id | replace('.', '_') %}
select
    period_start_date,
    {{ lens_number(metric_id, people, n='eligible_n', people=people, coverage='coverage') }}
from counts
union all
{%- endfor %}
{% for metric_id, kind, days in shares %}
select
    period_start_date,
    {{ lens_share(metric_id, metric_id | replace('.', '_'), 'eligible_n', coverage='coverage') }}
from counts
union all
{%- endfor %}
{% for segment, people in segments %}
select
    period_start_date,
    {{ lens_share('viva.segment_' ~ segment, people, 'classifiable_n', coverage='coverage') }}
from segments
union all
{%- endfor %}
select
    period_start_date,
    {{ lens_share('swoop.community_health', 'active_month', 'active_year', coverage='coverage') }}
from counts
