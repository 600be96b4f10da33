-- One row per staggered design x team that began: the day of its first purposeful contribution since the start.
select
    designs.design_id,
    assignments.org_unit,
    min(contributions.occurred_date) as first_date
from {{ ref('design_registry') }} as designs
inner join {{ ref('int_purpose_links') }} as contributions
    on
        designs.purpose_id = contributions.purpose_id
        and designs.start_date <= contributions.occurred_date
inner join {{ ref('int_assignments') }} as assignments
    on
        contributions.person_key = assignments.person_key
        and contributions.occurred_date >= assignments.valid_from_date
        and (contributions.occurred_date < assignments.valid_until_date or assignments.valid_until_date is null)
where designs.method = 'staggered_did' and contributions.is_contribution
group by designs.design_id, assignments.org_unit
