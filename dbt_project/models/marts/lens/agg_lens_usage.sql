-- What the vendors' own reports say, as they count it: accounts, their days in UTC, windows as exported.
with

slack_days as (

    select
        account_key,
        window_from_date as day_date,
        last_active_date = window_from_date as is_active,
        post_count > 0 as is_posting
    from {{ ref('stg_usage__activity') }}
    where source = 'slack_analytics'

),

{% set spans = {
    'slack.weekly_active': 8, 'slack.monthly_active': 29, 'google.active_7d': 7, 'google.active_30d': 30,
} -%}
{% for metric_id, days in spans.items() -%}
-- The current day and those before it; a span of which a day file is missing tells nothing.
{{ metric_id | replace('.', '_') }} as (

    select
        windows.period_start_date,
        count(distinct case when slack_days.is_active then slack_days.account_key end) as active_count,
        count(distinct slack_days.account_key) as account_count
    from {{ ref('int_windows') }} as windows
    inner join slack_days
        on
            slack_days.day_date >= {{ add_days('windows.period_end_date', -days) }}
            and slack_days.day_date < windows.period_end_date
    group by windows.period_start_date
    having count(distinct slack_days.day_date) = {{ days }}

),

{% endfor -%}
-- The files' own days. What they tell is not recomputed later, and fills no window of the others' in retrospect.
slack_files as (

    select
        day_date,
        count(distinct account_key) as account_count,
        count(distinct case when is_active then account_key end) as active_count,
        count(distinct case when is_posting then account_key end) as posting_count
    from slack_days
    group by day_date

),

-- Engaged or passive, of all people: A1 under another name.
readers as (

    select
        period_start_date,
        active_any as active_count,
        eligible_n as person_count,
        read_shown_count
    from {{ ref('agg_adoption_window') }}
    where unit_type = 'organisation' and read_shown_count > 0

),

reports as (

    select
        window_from_date,
        'd' || cast({{ days_between('window_from_date', 'window_until_date') }} + 1 as string) as period_grain,
        count(*) as account_count,
        sum(
            case
                when coalesce(read_count, 0) + coalesce(post_count, 0) + coalesce(reaction_count, 0) > 0 then 1
                else 0
            end
        ) as active_count,
        sum(read_count) as read_count,
        sum(post_count) as posted_count,
        sum(reaction_count) as liked_count
    from {{ ref('stg_usage__activity') }}
    where source = 'm365_reports' and product = 'viva_engage'
    group by window_from_date, window_until_date

)

{% for metric_id in spans -%}
select
    period_start_date as period_start,
    'w28' as period_grain,
    {{ lens_number(metric_id, 'active_count', n='account_count', people='active_count') }}
from {{ metric_id | replace('.', '_') }}
union all
{% endfor -%}
{% for what in ['active', 'posting'] -%}
select
    day_date as period_start,
    'd1' as period_grain,
    {{ lens_number('slack.api_' ~ what, what ~ '_count', n='account_count', people=what ~ '_count') }}
from slack_files
union all
{% endfor -%}
select
    period_start_date as period_start,
    'w28' as period_grain,
    {{ lens_share(
        'tygraph.active', 'active_count', 'person_count', coverage=safe_divide('read_shown_count', 'person_count'),
    ) }}
from readers
{%- for what in ['read', 'posted', 'liked'] %}
    {%- for days in [7, 30, 90, 180] %}
union all
select
    window_from_date as period_start,
    period_grain,
    {{ lens_number('graph.' ~ what ~ '_d' ~ days, what ~ '_count', n='account_count', people='active_count') }}
from reports
where period_grain = 'd{{ days }}' and {{ what }}_count is not null
    {%- endfor %}
{%- endfor %}
