-- One row per cell x outcome metric, before suppression. people = distinct owners of the deals counted;
-- own_reason = why the metric's own minimum forbids the value; coverage = share of the cell's deals it can use.
select * from {{ ref('agg_outcome_decided') }}
union all
select * from {{ ref('agg_outcome_created') }}
union all
select * from {{ ref('agg_outcome_flow') }}
