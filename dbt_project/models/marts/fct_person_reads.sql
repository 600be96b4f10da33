with

-- Products whose reports count reading as being active; those of Teams, the apps and Copilot do not tell it.
reports as (

    select
        coalesce(aliases.person_key, usage.email_key, accounts.person_key, identities.email_key) as person_key,
        usage.product,
        usage.window_from_date,
        usage.window_until_date,
        usage.last_active_date,
        coalesce(usage.read_count, 0) + coalesce(usage.post_count, 0) + coalesce(usage.reply_count, 0)
        + coalesce(usage.reaction_count, 0) > 0 as has_counts
    from {{ ref('stg_usage__activity') }} as usage
    left join {{ ref('int_accounts') }} as accounts
        on usage.source = 'slack_analytics' and accounts.source = 'slack' and usage.account_key = accounts.account_key
    left join {{ ref('stg_mappings__identities') }} as identities
        on usage.source = identities.source and usage.account_key = identities.account_key
    left join {{ ref('int_aliases') }} as aliases
        on coalesce(usage.email_key, identities.email_key) = aliases.address_key
    where usage.product in ('viva_engage', 'slack') or usage.product like 'slack/%'

),

report_days as (

    select distinct
        reports.product,
        {{ add_days('reports.window_from_date', 'cast(numbers.n as int)') }} as report_date
    from (select distinct product, window_from_date, window_until_date from reports) as reports
    inner join ({{ numbers() }}) as numbers
        on numbers.n <= {{ days_between('reports.window_from_date', 'reports.window_until_date') }}

),

-- Windows of which a product's reports leave no day out. The reports may reach beyond them.
covered as (

    select
        report_days.product,
        windows.period_start_date,
        windows.period_end_date
    from report_days
    inner join {{ ref('int_windows') }} as windows
        on
            windows.period_start_date <= report_days.report_date
            and windows.period_end_date > report_days.report_date
    group by report_days.product, windows.period_start_date, windows.period_end_date
    having count(*) = 28

),

-- Each report by itself: was the person active on its days of the window? NULL: it cannot be told from this one.
told as (

    select
        reports.person_key,
        covered.product,
        covered.period_start_date,
        covered.period_end_date,
        case
            when
                reports.last_active_date >= covered.period_start_date
                and reports.last_active_date < covered.period_end_date
                then 1
            when
                reports.has_counts
                and reports.window_from_date >= covered.period_start_date
                and reports.window_until_date < covered.period_end_date
                then 1
            when reports.last_active_date < covered.period_start_date then 0
            when reports.last_active_date is null and not reports.has_counts then 0
        end as was_active
    from reports
    inner join covered
        on
            reports.product = covered.product
            and reports.window_from_date < covered.period_end_date
            and reports.window_until_date >= covered.period_start_date
    where reports.person_key is not null

)

-- One report with an action is enough; without any, all of them must show that there was none, whatever the product.
select
    person_key,
    period_start_date,
    period_end_date,
    coalesce(max(was_active), 0) = 1 as is_active
from told
group by person_key, period_start_date, period_end_date
having max(was_active) = 1 or count(*) = count(was_active)
