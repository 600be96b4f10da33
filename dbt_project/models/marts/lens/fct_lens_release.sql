-- Every lens as it may be shown, in the long form of kpi_value; one that no loaded source shows says so.
{%- set perhaps_unseen = [
    'slack.weekly_active', 'slack.monthly_active', 'slack.api_active', 'slack.api_posting', 'swoop.reach', 'swoop.engagement_seen', 'tygraph.mae_legacy',
    'tygraph.active', 'google.active_7d', 'google.active_30d', 'viva.external_network', 'campaign.influenced',
] %}
{%- for what in ['read', 'posted', 'liked'] -%}
    {%- for days in [7, 30, 90, 180] -%}{%- do perhaps_unseen.append('graph.' ~ what ~ '_d' ~ days) -%}{%- endfor -%}
{%- endfor %}
with

lenses as (

    {% for part in ['people', 'posts', 'actions', 'pairs', 'strength'] -%}
        select
            period_start_date as period_start, 'w28' as period_grain, metric_id, value, ci_low, ci_high, n, people,
            coverage, own_reason
        from {{ ref('agg_lens_' ~ part) }}
        union all
    {% endfor -%}
    {% for part in ['usage', 'deals'] -%}
        select period_start, period_grain, metric_id, value, ci_low, ci_high, n, people, coverage, own_reason
        from {{ ref('agg_lens_' ~ part) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

reasons as (

    select
        lenses.*,
        case when {{ below_k('people') }} and people > 0 then 'below_k' else own_reason end as suppressed_reason
    from lenses

)

select
    metric_id,
    period_start,
    period_grain,
    case when suppressed_reason is null then value end as value,
    case when suppressed_reason is null or suppressed_reason = 'small_n' then ci_low end as ci_low,
    case when suppressed_reason is null or suppressed_reason = 'small_n' then ci_high end as ci_high,
    case when suppressed_reason is null or suppressed_reason <> 'below_k' then n end as n,
    coverage,
    suppressed_reason
from reasons
{% for metric_id in perhaps_unseen %}
union all
select '{{ metric_id }}', period_start_date, 'w28', null, null, null, null, null, 'not_observable'
from {{ ref('int_windows') }}
where not exists (select 1 from lenses where metric_id = '{{ metric_id }}')
{%- endfor %}
