{#-
  The current copy of each record: the highest version, then the copy of the export that was observed last, then the
  greatest file id, so that the choice does not depend on the order of arrival. Most records have one copy only, so the
  others are ranked by themselves and what loses is left out: ranking every record takes ten times as long.
  relation: raw table with file_id; key: list of columns; version: a column that grows when the record changes.
-#}
{% macro current_records(relation, key, version=none) %}
select records.*
from {{ relation }} as records
left join (
    select {{ key | join(', ') }}, file_id
    from (
        select
            copies.{{ key | join(', copies.') }},
            copies.file_id,
            row_number() over (
                partition by copies.{{ key | join(', copies.') }}
                order by
                    {% if version %}copies.{{ version }} desc nulls last,{% endif %}
                    files.observed_until desc nulls last, copies.file_id desc
            ) as copy_rank
        from {{ relation }} as copies
        inner join (
            select {{ key | join(', ') }} from {{ relation }} as held
            where {{ of_touched_files(relation, 'held', key) }}
            group by {{ key | join(', ') }} having count(*) > 1
        ) as repeated on {{ same_key('copies', 'repeated', key) }}
        left join (
            select file_id, max(observed_until) as observed_until from {{ ref('stg_throughline__files') }} group by file_id
        ) as files on copies.file_id = files.file_id
    ) as ranked
    where copy_rank > 1
) as outdated on {{ same_key('records', 'outdated', key + ['file_id']) }}
where outdated.file_id is null and {{ of_touched_files(relation, 'records', key) }}
{% endmacro %}

{% macro same_key(left, right, key) -%}
    {%- for column in key -%}
        {{ left }}.{{ column }} = {{ right }}.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
