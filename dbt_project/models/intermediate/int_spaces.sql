with

slack as (

    select
        'slack' as source,
        'slack/' || team_id || '/' || channel_id as space_id,
        channel_name as space_name,
        kind as space_kind
    from {{ ref('stg_slack__channels') }}

),

others as (

    select
        source,
        source || '/' || space_id as space_id,
        space_name,
        kind as space_kind
    from {{ ref('stg_collaboration__spaces') }}

),

spaces as (

    select * from slack
    union all
    select * from others

)

select
    source,
    space_id,
    space_name,
    space_kind,
    space_kind in ('dm', 'group_dm') as is_direct,
    space_kind = 'public' as is_open
from spaces
