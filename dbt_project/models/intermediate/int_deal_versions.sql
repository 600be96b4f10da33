-- One row per deal x span of time in which its stage, amount, currency and owner stood unchanged, as far as told.
with

-- What a row does not tell stays as it was last told: rows between two tellings share the number of the first.
numbered as (

    select
        observations.*,
        count(stage) over (
            partition by source, deal_id order by observation_no rows between unbounded preceding and current row
        ) as stage_no,
        count(amount) over (
            partition by source, deal_id order by observation_no rows between unbounded preceding and current row
        ) as amount_no,
        count(currency) over (
            partition by source, deal_id order by observation_no rows between unbounded preceding and current row
        ) as currency_no,
        count(coalesce(owner_key, owner_email_key)) over (
            partition by source, deal_id order by observation_no rows between unbounded preceding and current row
        ) as owner_no,
        lead(observed_at) over (partition by source, deal_id order by observation_no) as next_observed_at
    from {{ ref('int_deal_observations') }} as observations

),

carried as (

    select
        source,
        deal_id,
        observation_no,
        observed_at,
        next_observed_at,
        origin,
        max(case when stage is not null then pipeline end) over (partition by source, deal_id, stage_no) as pipeline,
        max(stage) over (partition by source, deal_id, stage_no) as stage,
        max(amount) over (partition by source, deal_id, amount_no) as amount,
        max(currency) over (partition by source, deal_id, currency_no) as currency,
        max(owner_key) over (partition by source, deal_id, owner_no) as owner_key,
        max(owner_email_key) over (partition by source, deal_id, owner_no) as owner_email_key
    from numbered

),

-- Of one moment only what stands at its end.
settled as (

    select
        carried.*,
        {{ surrogate_key(['pipeline', 'stage', 'amount', 'currency', 'owner_key', 'owner_email_key']) }} as state
    from carried
    where next_observed_at > observed_at or next_observed_at is null

),

compared as (

    select
        settled.*,
        lag(state) over (partition by source, deal_id order by observation_no) as state_before
    from settled

)

select
    source,
    deal_id,
    row_number() over (partition by source, deal_id order by observation_no) as version_no,
    observed_at as valid_from_at,
    lead(observed_at) over (partition by source, deal_id order by observation_no) as valid_until_at,
    origin,
    pipeline,
    stage,
    amount,
    currency,
    owner_key,
    owner_email_key
from compared
where state_before is null or state_before <> state
