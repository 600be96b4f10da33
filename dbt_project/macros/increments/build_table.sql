{#-
  Tables and views as dbt has them, but built only where something changed (increment_plan). Rows, what is noted of them
  and the days that changed are written in one transaction: after a crash the next build finds either all of it or none.
  On Spark every build is a whole build.
-#}
{% materialization table, adapter='duckdb' %}
    {{ return(build_table()) }}
{% endmaterialization %}

{% materialization table, adapter='postgres' %}
    {{ return(build_table()) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {{ return(build_view()) }}
{% endmaterialization %}

{% materialization view, adapter='postgres' %}
    {{ return(build_view()) }}
{% endmaterialization %}

{% macro build_table() %}
    {%- set plan = increment_plan('table') -%}
    {%- set target = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- if plan['how'] == 'keep' -%}
        {%- call noop_statement('main', 'unchanged', 'KEEP') -%}{%- endcall -%}
    {%- else -%}
        {{ run_hooks(pre_hooks, inside_transaction=True) }}
        {%- if plan['how'] == 'days' -%}
            {%- set days = replace_days(target, plan['intervals']) -%}
        {%- elif plan['how'] == 'keys' -%}
            {%- set days = replace_keys(target, plan) -%}
        {%- else -%}
            {%- set days = replace_whole(target, plan['existing']) -%}
        {%- endif -%}
        {%- do note_state(plan, days) -%}
        {{ run_hooks(post_hooks, inside_transaction=True) }}
        {%- do adapter.commit() -%}
        {{ run_hooks(post_hooks, inside_transaction=False) }}
    {%- endif -%}
    {{ return({'relations': [target]}) }}
{% endmacro %}

{#-
  A view changes with what it reads, on the same days; its SQL alone is no row. PostgreSQL drops a view with all views on
  it, which may be left out of this build: one that stands by the same code is only noted.
-#}
{% macro build_view() %}
    {%- set plan = increment_plan('view') -%}
    {%- if plan['how'] == 'keep' -%}
        {%- call noop_statement('main', 'unchanged', 'KEEP') -%}{%- endcall -%}
        {{ return({'relations': [this.incorporate(type='view')]}) }}
    {%- endif -%}
    {%- if plan['is_current'] and target.type == 'postgres' -%}
        {%- call noop_statement('main', 'unchanged', 'KEEP') -%}{%- endcall -%}
        {%- set built = {'relations': [this.incorporate(type='view')]} -%}
    {%- else -%}
        {%- set built = dbt.materialization_view_default() -%}
    {%- endif -%}
    {%- set days = [] -%}
    {%- for first, last in plan['intervals'] or [] -%}
        {%- for n in range((last - first).days + 1) -%}
            {%- do days.append(first + modules.datetime.timedelta(days=n)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do note_state(plan, [none] if plan['intervals'] is none else days) -%}
    {%- do adapter.commit() -%}
    {{ return(built) }}
{% endmacro %}

{#- All rows anew, beside the old ones; the days that differ, [none] where that cannot be told. -#}
{% macro replace_whole(target, existing) %}
    {%- set next = make_intermediate_relation(target) -%}
    {%- set backup = make_backup_relation(target, 'table') -%}
    {%- do drop_relation_if_exists(load_cached_relation(next)) -%}
    {%- do drop_relation_if_exists(load_cached_relation(backup)) -%}
    {%- call statement('main') -%}{{ get_create_table_as_sql(False, next, sql) }}{%- endcall -%}
    {%- set days = [none] -%}
    {%- if existing is not none and existing.is_table and not flags.FULL_REFRESH -%}
        {%- set columns = [] -%}
        {%- for relation in (existing, next) -%}
            {%- do columns.append(adapter.get_columns_in_relation(relation) | map(attribute='name') | join(',')) -%}
        {%- endfor -%}
        {%- if columns[0] == columns[1] -%}{%- set days = differing_days(existing, next) -%}{%- endif -%}
    {%- endif -%}
    {%- if not days -%}
        {%- do adapter.drop_relation(next) -%}
    {%- else -%}
        {%- if existing is not none -%}{%- do adapter.drop_relation(existing) -%}{%- endif -%}
        {%- do adapter.rename_relation(next, target) -%}
        {%- do create_indexes(target) -%}
        {%- do apply_grants(target, config.get('grants'), should_revoke=should_revoke(existing, full_refresh_mode=True)) -%}
        {%- do persist_docs(target, model) -%}
    {%- endif -%}
    {{ return(days) }}
{% endmacro %}

{#- The rows of certain days anew. Returns the days on which they differ from what was there. -#}
{% macro replace_days(target, intervals) %}
    {%- set column = config.get('meta')['day'] -%}
    {%- if not intervals -%}
        {%- call noop_statement('main', 'unchanged', 'KEEP') -%}{%- endcall -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set rows = target.identifier ~ '__new' -%}
    {%- set built = namespace(sql=sql) -%}
    {%- for mark, where, since, until in modules.re.findall(
        '\\(1 = 1 /\\* (touched|touched_at) (\\S+) (\\S+) (\\S+) \\*/\\)', sql
    ) -%}
        {%- set near = within(
            where, intervals, none if since == 'None' else since | int, none if until == 'None' else until | int,
            at=mark == 'touched_at',
        ) -%}
        {%- set built.sql = built.sql.replace(context[mark](where, since, until), near) -%}
    {%- endfor -%}
    {%- call statement('main') -%}
        create temporary table {{ rows }} as
        select * from ({{ built.sql }}) as built where {{ within(column, intervals) }}
    {%- endcall -%}
    {%- set days = differing_days(target, rows, within(column, intervals)) -%}
    {%- if days -%}
        {%- set same = [] -%}
        {%- for day in days -%}{%- do same.append([day, day]) -%}{%- endfor -%}
        {%- set same = merged_intervals(same, hull=false) -%}
        {%- set is_changed = within(column, intervals if same | length > 50 else same) -%}
        {%- call statement('replace') -%}
            delete from {{ target }} where {{ is_changed }};
            insert into {{ target }} select * from {{ rows }} where {{ is_changed }}
        {%- endcall -%}
    {%- endif -%}
    {%- do run_query('drop table ' ~ rows) -%}
    {{ return(days) }}
{% endmacro %}

{#- The days on which the rows of two tables with the same columns differ; [none] for a table without a day. -#}
{% macro differing_days(old, new, condition='true') %}
    {%- set column = (config.get('meta') or {}).get('day') -%}
    {%- set day = 'cast(' ~ (column or 'null') ~ ' as date)' -%}
    {%- set differing = run_query(
        "with old_rows as (select " ~ day ~ " as day, " ~ rows_hash('whole_row') ~ " as hashed from " ~ old
        ~ " as whole_row where " ~ condition ~ " group by 1), "
        ~ "new_rows as (select " ~ day ~ " as day, " ~ rows_hash('whole_row') ~ " as hashed from " ~ new
        ~ " as whole_row where " ~ condition ~ " group by 1) "
        ~ "select coalesce(old_rows.day, new_rows.day) from old_rows full outer join new_rows "
        ~ "on coalesce(old_rows.day, date '0001-01-01') = coalesce(new_rows.day, date '0001-01-01') "
        ~ "where old_rows.hashed is null or new_rows.hashed is null or old_rows.hashed <> new_rows.hashed"
    ).columns[0].values() | list -%}
    {{ return([none] if none in differing or differing | length > 1000 else differing | sort) }}
{% endmacro %}
