with

units as (

    select
        unit_type,
        unit,
        period_start_date,
        eligible_n,
        adopters,
        {{ safe_divide('adopters_habitual', 'adopters_classifiable') }} as habitual_adopter_share,
        {{ wilson_low('adopters', 'eligible_n') }} as adopted_low,
        {{ wilson_high('adopters', 'eligible_n') }} as adopted_high
    from {{ ref('agg_adoption_window') }}

),

breadth as (

    select
        period_start_date,
        count(*) as unit_count,
        sum(
            case when {{ safe_divide('adopters', 'eligible_n') }} > 0.16 then 1 else 0 end
        ) as unit_above_count
    from units
    where unit_type = 'org_unit' and eligible_n >= 30
    group by period_start_date

),

organisation as (

    select
        units.*,
        windows.window_number
    from units
    inner join {{ ref('int_windows') }} as windows on units.period_start_date = windows.period_start_date
    where units.unit_type = 'organisation'

)

select
    organisation.period_start_date,
    case
        when organisation.adopted_high < 0.16 then 'before'
        when
            organisation.adopted_low > 0.16
            and one_before.adopted_low > 0.16
            and two_before.adopted_low > 0.16
            and breadth.unit_above_count * 2 >= breadth.unit_count
            and organisation.habitual_adopter_share >= 0.5
            then 'crossed'
        else 'in_chasm'
    end as chasm_status,
    organisation.adopted_low,
    organisation.adopted_high,
    organisation.habitual_adopter_share,
    {{ safe_divide('breadth.unit_above_count', 'breadth.unit_count') }} as unit_above_share
from organisation
left join organisation as one_before on organisation.window_number - 4 = one_before.window_number
left join organisation as two_before on organisation.window_number - 8 = two_before.window_number
left join breadth on organisation.period_start_date = breadth.period_start_date
