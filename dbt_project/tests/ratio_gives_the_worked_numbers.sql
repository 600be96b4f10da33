-- Ten people, five with 1 of 2 and five with 3 of 4: 20/30, and the squares 50 - 2(2/3)70 + (4/9)100 = 10/9 give a margin of
-- 1.959964 sqrt(10/9 × 10/9) / 30 = .0725913. Where each has the same share, 1/2, there is no margin; of nothing, nothing.
with

sums as (

    select
        cast(null as string) as r_hidden, cast(10 as bigint) as r_n, cast(20 as bigint) as r_x, cast(30 as bigint) as r_y,
        cast(50 as bigint) as r_xx, cast(70 as bigint) as r_xy, cast(100 as bigint) as r_yy,
        cast(20 as double) / 30 as value, cast(20 as double) / 30 - 0.0725913 as low,
        cast(20 as double) / 30 + 0.0725913 as high
    union all
    select null, 10, 10, 20, 10, 20, 40, 0.5, 0.5, 0.5
    union all
    select null, 10, 0, 0, 0, 0, 0, null, null, null

),

computed as (

    select value, low, high, {{ ratio_columns('r') }} from sums

)

select * from computed
where
    coalesce(abs(r - value), 0) > 0.0000001
    or coalesce(abs(r_ci_low - low), 0) > 0.0000001
    or coalesce(abs(r_ci_high - high), 0) > 0.0000001
    or (r is null) <> (value is null)
    or (r_ci_low is null) <> (low is null)
    or (r_ci_high is null) <> (high is null)
