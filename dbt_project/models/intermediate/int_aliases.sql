-- One row per address for which the identity map tells another one: an alias, a user principal name, a name before a
-- rebrand. Chains are not followed.
select
    account_key as address_key,
    email_key as person_key
from {{ ref('stg_mappings__identities') }}
where source = 'email'
