{#-
  The current copy of each record: the highest version, then the copy of the export that was observed last,
  then the greatest file id, so that the choice does not depend on the order of arrival.
  relation: raw table with file_id; key: list of columns; version: a column that grows when the record changes.
-#}
{% macro current_records(relation, key, version=none) %}
select ranked.*
from (
    select
        records.*,
        row_number() over (
            partition by records.{{ key | join(', records.') }}
            order by
                {% if version %}records.{{ version }} desc nulls last,{% endif %}
                files.observed_until desc nulls last, records.file_id desc
        ) as copy_rank
    from {{ relation }} as records
    left join {{ ref('stg_throughline__files') }} as files on records.file_id = files.file_id
) as ranked
where ranked.copy_rank = 1
{% endmacro %}
