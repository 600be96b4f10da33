{#-
  Data tests as dbt has them, but run again only where what they read has changed since they passed: their states stand
  beside the models'. Of a table with a `day`, a test of single rows reads the rows of the days that changed, and a test
  of a key those and all others of the same key. On Spark, where every build is whole, every test runs.
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
    {%- set fingerprint = local_md5(sql ~ model['config']) -%}
    {%- set is_known = fingerprint == state['fingerprint'] and not flags.FULL_REFRESH -%}
    {%- set changed = changed_inputs(inputs, state) -%}
    {%- set built = namespace(sql=sql) -%}
    {%- if is_known and not changed -%}
        {%- set built.sql = 'select 1 as unchanged where false' -%}
    {%- elif is_known -%}
        {%- set tested = graph['nodes'].get(model['attached_node'], {}).get('name') -%}
        {%- set intervals = touched_intervals(changed, state['inputs'], {'reach': {tested: [0, 0]}}, 'test') -%}
        {%- set built.sql = of_changed_days(sql, intervals) if intervals is not none else sql -%}
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

{#- What a generic test reads: the model, with a mark where it is enough to read what changed. -#}
{% macro default__get_where_subquery(relation) -%}
    {%- set conditions = [config.get('where')] | select | list -%}
    {%- set tested = graph['nodes'].get(model['attached_node'], {}) if execute else {} -%}
    {%- set rules = tested.get('config', {}).get('meta') or {} -%}
    {%- if 'day' in rules and target.type != 'spark' and model['depends_on']['nodes'] | length == 1 -%}
        {%- set test, kind = model['test_metadata'], tested['config']['materialized'] if 'key' not in rules else 'key' -%}
        {%- set columns = test['kwargs'].get('columns') or [test['kwargs'].get('column_name')] -%}
        {%- if test['name'] in ('not_null', 'accepted_values', 'invariant') or rules['day'] in columns -%}
            {%- do conditions.append(tested_days(relation, '', rules['day'], kind)) -%}
        {%- elif test['name'] in ('unique', 'unique_combination') -%}
            {%- do conditions.append(tested_days(relation, columns | join(','), rules['day'], kind)) -%}
        {%- endif -%}
    {%- endif -%}
    {%- set rows = '(select * from ' ~ relation ~ ' where ' ~ conditions | join(' and ') ~ ') as tested_rows' -%}
    {{ return(rows if conditions else relation) }}
{%- endmacro %}

{#- The mark: always true; of rows, or of the keys that `columns` make. -#}
{% macro tested_days(relation, columns, day, kind) -%}
    (1 = 1 /* tested {{ relation }} by {{ columns }} on {{ day }} {{ kind }} */)
{%- endmacro %}

{% macro of_changed_days(sql, intervals) %}
    {%- set built = namespace(sql=sql) -%}
    {%- for relation, columns, day, kind in modules.re.findall(
        '\\(1 = 1 /\\* tested (\\S+) by (\\S*) on (\\S+) (\\S+) \\*/\\)', sql
    ) -%}
        {%- set is_changed = within(day, intervals, at=kind != 'table') -%}
        {%- set of_key = '(' ~ columns ~ ') in (select ' ~ columns ~ ' from ' ~ relation ~ ' where ' ~ is_changed ~ ')' -%}
        {%- set built.sql = built.sql.replace(
            tested_days(relation, columns, day, kind), '(' ~ is_changed ~ ' or ' ~ of_key ~ ')' if columns else is_changed
        ) -%}
    {%- endfor -%}
    {{ return(built.sql) }}
{% endmacro %}
