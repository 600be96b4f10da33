with

blocks as (

    select
        agg.*,
        agg.unit_a <> agg.unit_b as is_cross
    from {{ ref('agg_unit_block') }} as agg

),

sizes as (

    select
        snapshot,
        sum(n_a) as people,
        sum(n_a * (n_a - 1)) as twice_inside_pairs
    from blocks
    where not is_cross
    group by snapshot

),

shown as (

    select
        unit,
        period_start_date,
        observable_count
    from {{ ref('fct_unit_release') }}
    where unit_type = 'org_unit' and eligible_hidden is null

),

-- Who sees a block: everybody, either of its units, and, where both may be shown, the pair.
cells as (

    select
        'organisation' as unit_type,
        '_org' as unit,
        cast(null as bigint) as people,
        cast(null as bigint) as observable_count,
        blocks.*
    from blocks
    union all
    select
        'org_unit' as unit_type,
        unit_a as unit,
        n_a as people,
        null as observable_count,
        blocks.*
    from blocks
    union all
    select
        'org_unit' as unit_type,
        unit_b as unit,
        n_b as people,
        null as observable_count,
        blocks.*
    from blocks
    where is_cross
    union all
    select
        'org_unit_pair' as unit_type,
        blocks.unit_a || ' / ' || blocks.unit_b as unit,
        blocks.n_a + blocks.n_b as people,
        one.observable_count + other.observable_count as observable_count,
        blocks.*
    from blocks
    inner join shown as one on blocks.snapshot = one.period_start_date and blocks.unit_a = one.unit
    inner join shown as other on blocks.snapshot = other.period_start_date and blocks.unit_b = other.unit
    where blocks.is_cross

),

summed as (

    select
        unit_type,
        unit,
        snapshot,
        max(people) as people,
        max(observable_count) as observable_count,
        max(n_a * n_b) as pairs_of_two_units,
        sum(case when is_cross then 0 else ties end) as inside_ties,
        sum(case when is_cross then ties else 0 end) as cross_ties,
        sum(case when is_cross then 0 else dyads_mutual end) as inside_mutual,
        sum(case when is_cross then dyads_mutual else 0 end) as cross_mutual
    from cells
    group by unit_type, unit, snapshot

)

select
    summed.unit_type,
    summed.unit,
    summed.snapshot as period_start_date,
    cast(coalesce(summed.people, sizes.people) as bigint) as people,
    cast(
        case summed.unit_type
            when 'organisation' then sizes.twice_inside_pairs / 2
            when 'org_unit' then summed.people * (summed.people - 1) / 2
        end as bigint
    ) as inside_pairs,
    cast(
        case summed.unit_type
            when 'organisation' then (sizes.people * (sizes.people - 1) - sizes.twice_inside_pairs) / 2
            when 'org_unit' then summed.people * (sizes.people - summed.people)
            else summed.pairs_of_two_units
        end as bigint
    ) as cross_pairs,
    cast(summed.inside_ties as bigint) as inside_ties,
    cast(summed.cross_ties as bigint) as cross_ties,
    cast(summed.inside_mutual as bigint) as inside_mutual,
    cast(summed.cross_mutual as bigint) as cross_mutual,
    {{ safe_divide('summed.observable_count', 'summed.people') }} as pair_coverage
from summed
inner join sizes on summed.snapshot = sizes.snapshot
