-- One row per purpose x metric x unit x period, long form: a visible line for every number of the wide tables.
{{ value_rows(ref('kpi_outcome'), 'C1', 'win_rate_closed') }}
union all
{{ value_rows(ref('kpi_outcome'), 'C1b_90', 'win_rate_90') }}
union all
{{ value_rows(ref('kpi_outcome'), 'C1b_180', 'win_rate_180') }}
union all
{{ value_rows(ref('kpi_outcome'), 'C1b_365', 'win_rate_365') }}
union all
{{ value_rows(ref('kpi_outcome'), 'C2', 'cycle_time') }}
union all
{{ value_rows(ref('kpi_outcome'), 'C2_rmst', 'cycle_time_rmst') }}
union all
{{ value_rows(ref('kpi_outcome'), 'C4', 'deal_size') }}
union all
{{ value_rows(ref('kpi_outcome'), 'C4_gmean', 'deal_size_gmean') }}
union all
{{ value_rows(ref('kpi_outcome'), 'C4_sum', 'deal_size_sum') }}
union all
{{ value_rows(ref('kpi_outcome'), 'C7', 'pipeline_created_count') }}
union all
{{ value_rows(ref('kpi_outcome'), 'C7_amount', 'pipeline_created_amount') }}
