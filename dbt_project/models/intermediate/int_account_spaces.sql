-- One row per space x account that it is about, by whichever lines of the account map say so.
select
    space_source,
    space_id,
    account_source,
    account_id,
    min(rule) as rule
from {{ ref('int_account_map') }}
group by space_source, space_id, account_source, account_id
