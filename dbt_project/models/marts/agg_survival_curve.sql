-- One row per creation cohort x day count: Kaplan-Meier of "still open" and Aalen-Johansen of "won".
-- A product over rows is exp(sum(ln)). The factor is zero only where everybody at risk closes; nobody is at risk
-- after that, so it is never needed in a later row and ln(0) never occurs.
with

steps as (

    select
        survival.*,
        n_won + n_lost as n_closed,
        case
            when n_won + n_lost < n_at_risk
                then ln(cast(n_at_risk - n_won - n_lost as double) / cast(n_at_risk as double))
        end as log_factor,
        case
            when n_won + n_lost < n_at_risk
                then cast(n_won + n_lost as double)
                    / (cast(n_at_risk as double) * cast(n_at_risk - n_won - n_lost as double))
        end as greenwood_term
    from {{ ref('agg_survival') }} as survival

),

before as (

    select
        steps.*,
        exp(coalesce(sum(log_factor) over (
            partition by {{ cell() }}
            order by t_days
            rows between unbounded preceding and 1 preceding
        ), 0)) as open_share_before
    from steps

),

curve as (

    select
        before.*,
        lead(t_days) over (
            partition by {{ cell() }} order by t_days
        ) as next_t_days,
        open_share_before * cast(n_at_risk - n_closed as double) / cast(n_at_risk as double) as open_share,
        sum(open_share_before * cast(n_won as double) / cast(n_at_risk as double)) over (
            partition by {{ cell() }}
            order by t_days
            rows between unbounded preceding and current row
        ) as won_share,
        sum(greenwood_term) over (
            partition by {{ cell() }}
            order by t_days
            rows between unbounded preceding and current row
        ) as greenwood_sum
    from before

)

select
    {{ cell() }},
    t_days,
    next_t_days,
    n_at_risk,
    n_won,
    n_closed,
    n_censored,
    {{ rounded('open_share_before', 12) }} as open_share_before,
    {{ rounded('open_share', 12) }} as open_share,
    {{ rounded('won_share', 12) }} as won_share,
    case when n_closed < n_at_risk then {{ rounded('greenwood_sum', 12) }} end as greenwood_sum
from curve
