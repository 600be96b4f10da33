with

results as (

    select * from {{ source('throughline', 'impact_event_study') }}

),

renamed as (

    select
        cast(run_id as string) as run_id,
        cast(design_id as string) as design_id,
        cast(outcome as string) as outcome,
        cast(event_time as bigint) as event_time,
        cast(estimate as double) as estimate,
        cast(se as double) as se,
        cast(ci_low as double) as ci_low,
        cast(ci_high as double) as ci_high,
        cast(ci_sim_low as double) as ci_sim_low,
        cast(ci_sim_high as double) as ci_sim_high,
        cast(n_units as bigint) as n_units
    from results

)

select * from renamed
