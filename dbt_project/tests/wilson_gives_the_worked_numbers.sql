-- kpis.md, worked numbers: 16/100 → [.10095, .24420]; 48/300 → [.12285, .20574]; 0/20 → [0, .16113]; of nobody, nothing.
with

intervals as (

    select 0.10095 as low, 0.24420 as high, {{ wilson_low('16', '100') }} as is_low, {{ wilson_high('16', '100') }} as is_high
    union all
    select 0.12285, 0.20574, {{ wilson_low('48', '300') }}, {{ wilson_high('48', '300') }}
    union all
    select 0, 0.16113, {{ wilson_low('0', '20') }}, {{ wilson_high('0', '20') }}
    union all
    select 1 - 0.16113, 1, {{ wilson_low('20', '20') }}, {{ wilson_high('20', '20') }}
    union all
    select null, null, {{ wilson_low('0', '0') }}, {{ wilson_high('0', '0') }}

)

select * from intervals
where
    coalesce(abs(is_low - low), 0) > 0.000005
    or coalesce(abs(is_high - high), 0) > 0.000005
    or (low is null) <> (is_low is null)
    or (high is null) <> (is_high is null)
