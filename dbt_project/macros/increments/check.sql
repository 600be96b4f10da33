{#-
  Data tests as dbt has them, but run again only where what they read has changed since they passed: their states stand
  beside the models'. Of a table with a `day` only the days that changed are read, where that is enough: for a test of
  single rows, or of a key that holds the day. A staging table with a `key` is tested whole whenever it was built again,
  as its version leaves the columns `apart` out. On Spark, where every build is whole, every test runs.
-#}
{% materialization test, adapter='duckdb' %}
    {{ return(run_changed_test()) }}
{% endmaterialization %}

{% materialization test, adapter='postgres' %}
    {{ return(run_changed_test()) }}
{% endmaterialization %}

{% macro run_changed_test() %}
    {%- if should_store_failures() -%}{{ return(dbt.materialization_test_default()) }}{%- endif -%}
    {%- set inputs, state = inputs_now(), known_state() -%}
    {%- set tested = graph['nodes'].get(model['attached_node'], {}) -%}
    {%- if 'key' in (tested.get('config', {}).get('meta') or {}) -%}
        {%- do inputs.update({tested['name']: 'turn ' ~ known_states()['models'].get(tested['name'], {}).get('turn')}) -%}
    {%- endif -%}
    {%- set fingerprint = local_md5(sql ~ model['config']) -%}
    {%- set is_known = fingerprint == state['fingerprint'] and not flags.FULL_REFRESH -%}
    {%- set changed = changed_inputs(inputs, state) -%}
    {%- set built = namespace(sql=sql) -%}
    {%- if is_known and not changed -%}
        {%- set built.sql = 'select 1 as unchanged where false' -%}
    {%- elif is_known -%}
        {%- set intervals = touched_intervals(changed, state['inputs'], {'reach': {tested.get('name'): [0, 0]}}, 'test') -%}
        {%- if intervals is not none -%}
            {%- for column, kind in modules.re.findall('\\(1 = 1 /\\* tested (\\S+) (\\S+) \\*/\\)', sql) -%}
                {%- set built.sql = built.sql.replace(tested_days(column, kind), within(column, intervals, at=kind == 'view')) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
    {%- call statement('main', fetch_result=True) -%}
        {{ get_test_sql(
            get_limit_subquery_sql(built.sql, config.get('limit')),
            config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), none,
        ) }}
    {%- endcall -%}
    {%- set result = load_result('main')['table'].rows[0] -%}
    {%- if (changed or not is_known) and not result['should_warn'] and not result['should_error'] -%}
        {%- do note_state({'state': state, 'inputs': inputs, 'fingerprint': fingerprint}, []) -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
    {{ return({'relations': []}) }}
{% endmacro %}

{#- What a generic test reads: the model, with a mark where it is enough to read the days that changed. -#}
{% macro default__get_where_subquery(relation) -%}
    {%- set conditions = [config.get('where')] | select | list -%}
    {%- set tested = graph['nodes'].get(model['attached_node'], {}) if execute else {} -%}
    {%- set rules = tested.get('config', {}).get('meta') or {} -%}
    {%- if 'day' in rules and 'key' not in rules and target.type != 'spark' -%}
        {%- set test = model['test_metadata'] -%}
        {%- set is_of_rows = test['name'] in ('not_null', 'accepted_values', 'invariant') and model['depends_on']['nodes'] | length == 1 -%}
        {%- if is_of_rows or rules['day'] in test['kwargs'].get('columns', []) -%}
            {%- do conditions.append(tested_days(rules['day'], tested['config']['materialized'])) -%}
        {%- endif -%}
    {%- endif -%}
    {%- set rows = '(select * from ' ~ relation ~ ' where ' ~ conditions | join(' and ') ~ ') as tested_rows' -%}
    {{ return(rows if conditions else relation) }}
{%- endmacro %}

{% macro tested_days(column, kind) -%}
    (1 = 1 /* tested {{ column }} {{ kind }} */)
{%- endmacro %}
