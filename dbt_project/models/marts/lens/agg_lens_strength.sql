-- Common connections decide whether a pair that turned to each other is a strong tie (at the median of such pairs or
-- above it) or a diverse one (below).
with

mutual as (

    select
        period_start_date,
        person_key,
        partner_key
    from {{ ref('fct_contact_window') }}
    where is_returned

),

triangles as (

    select
        sides.period_start_date,
        sides.person_key,
        others.partner_key,
        count(*) as common_count
    from mutual as sides
    inner join mutual as others
        on sides.period_start_date = others.period_start_date and sides.partner_key = others.person_key
    group by sides.period_start_date, sides.person_key, others.partner_key

),

pairs as (

    select
        mutual.period_start_date,
        coalesce(triangles.common_count, 0) as common_count
    from mutual
    left join triangles
        on
            mutual.period_start_date = triangles.period_start_date
            and mutual.person_key = triangles.person_key
            and mutual.partner_key = triangles.partner_key
    where mutual.person_key < mutual.partner_key

),

medians as (

    select
        period_start_date,
        {{ percentile('common_count', 0.5) }} as median_count
    from pairs
    group by period_start_date

),

people as (

    select
        period_start_date,
        count(*) as person_count
    from {{ ref('fct_person_window') }}
    group by period_start_date

),

ends as (

    select
        pairs.period_start_date,
        sum(case when pairs.common_count >= medians.median_count then 2 else 0 end) as strong_count,
        sum(case when pairs.common_count < medians.median_count then 2 else 0 end) as diverse_count
    from pairs
    inner join medians on pairs.period_start_date = medians.period_start_date
    group by pairs.period_start_date

)

{% for tie in ['strong', 'diverse'] -%}
select
    ends.period_start_date,
    {{ lens_number(
        'viva.' ~ tie ~ '_tie', rounded(safe_divide('ends.' ~ tie ~ '_count', 'people.person_count')),
        n='people.person_count', people='people.person_count',
    ) }}
from ends
inner join people on ends.period_start_date = people.period_start_date
{% if not loop.last %}union all
{% endif -%}
{% endfor %}
