-- One row per purpose x scenario x future week: the Bass curve with the market held at eligible people x a ceiling.
with

forecasts as (

    select
        forecasts.*,
        case when {{ below_k('launch_n') }} then 'below_k' end as hidden
    from {{ ref('stg_throughline__adoption_forecast') }} as forecasts

)

select
    purpose_id,
    scenario,
    ceiling,
    case when scenario = 'all' then 'organisation' else 'scenario' end as unit_type,
    case when scenario = 'all' then '_org' else scenario end as unit,
    week_start_date as period_start,
    'week' as period_grain,
    {{ family_version('A') }} as metric_version,
    week_number,
    case when hidden is null then {{ safe_divide('observable_count', 'launch_n') }} end as coverage,
    case when hidden is null then adopted_count end as adopted_count,
    case when hidden is null then share end as bass_forecast,
    case when hidden is null then low_95 end as bass_forecast_ci_low,
    case when hidden is null then high_95 end as bass_forecast_ci_high,
    case when hidden is null then low_80 end as bass_forecast_low_80,
    case when hidden is null then high_80 end as bass_forecast_high_80,
    case when hidden is null and scenario <> 'all' then launch_n end as bass_forecast_n,
    case when scenario <> 'all' then coalesce(hidden, case when share is null then 'insufficient_n' end) end
        as bass_forecast_suppressed_reason,
    case when hidden is null then peak_week end as peak_week,
    case when hidden is null then external_share end as external_share,
    case when hidden is null then external_low end as external_share_ci_low,
    case when hidden is null then external_high end as external_share_ci_high,
    case
        when hidden is not null then null
        when external_low > 0.5 then 'leaders push'
        when external_high < 0.5 then 'peers pull'
    end as diffusion,
    case when hidden is null then t16_weeks end as bass_t16_weeks,
    case when hidden is null then t16_low_weeks end as bass_t16_weeks_ci_low,
    case when hidden is null then t16_high_weeks end as bass_t16_weeks_ci_high,
    case when hidden is null and scenario = 'all' then launch_n end as bass_t16_weeks_n,
    coalesce(
        case when scenario = 'all' then hidden end,
        case t16_status when 'forecast' then 'not_yet' when 'refused' then 'insufficient_n' end
    ) as bass_t16_weeks_suppressed_reason,
    case when hidden is null then t16_status end as t16_status,
    case when hidden is null then t16_low_date end as t16_earliest_date,
    case when hidden is null then t16_high_date end as t16_latest_date,
    refusal_code,
    refusal_reason
from forecasts
