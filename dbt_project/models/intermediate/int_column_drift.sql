-- One row per source x UTC day on which files with headers arrived.
with

files as (

    select
        source,
        file_id,
        min(cast(seen_at as date)) as seen_date
    from {{ ref('stg_throughline__files') }}
    group by source, file_id

),

-- What several files of a day have in common counts once.
day_columns as (

    select distinct
        columns.source,
        files.seen_date,
        columns.status,
        columns.table_name || '.' || columns.column_name as column_name
    from {{ ref('stg_throughline__columns') }} as columns
    inner join files
        on columns.source = files.source and columns.file_id = files.file_id

),

ranked as (

    select
        source,
        seen_date,
        status,
        column_name,
        row_number() over (partition by source, seen_date, status order by column_name) as name_number
    from day_columns

)

select
    source,
    seen_date,
    sum(case when status = 'used' then 1 else 0 end) as used_count,
    sum(case when status = 'missing' then 1 else 0 end) as missing_count,
    sum(case when status = 'new' then 1 else 0 end) as new_count,
    {{ sorted_list("case when status = 'missing' and name_number <= 20 then column_name end") }} as missing_columns,
    {{ sorted_list("case when status = 'new' and name_number <= 20 then column_name end") }} as new_columns
from ranked
group by source, seen_date
