-- One row per source x UTC day on which a file with rejected rows arrived: how many rows, by reason.
with

file_days as (

    select
        source,
        file_id,
        min(cast(seen_at as date)) as seen_date
    from {{ ref('stg_throughline__files') }}
    group by source, file_id

),

rejected_rows as (

    select
        rejects.source,
        file_days.seen_date,
        rejects.reason,
        sum(rejects.row_count) as row_count
    from {{ ref('stg_throughline__rejects') }} as rejects
    inner join file_days on rejects.source = file_days.source and rejects.file_id = file_days.file_id
    where rejects.row_count > 0
    group by rejects.source, file_days.seen_date, rejects.reason

),

texts as (

    select
        source,
        seen_date,
        {{ dbt.concat(['reason', "': '", 'cast(row_count as string)']) }} as reason_count
    from rejected_rows

)

select
    source,
    seen_date,
    {{ sorted_list('reason_count') }} as rejected_by_reason
from texts
group by source, seen_date
