{#-
  The records anew that added, changed or removed files hold, each chosen among all its copies. Returns the days whose
  rows changed, and those of rows that read them (macro <model>__echoes, where there is one).
-#}
{% macro replace_keys(target, plan) %}
    {%- set rules = config.get('meta') -%}
    {%- set marks = modules.re.findall('\\(1 = 1 /\\* keys (\\S+) (\\S+) (\\S+) \\*/\\)', sql) -%}
    {%- set built = namespace(sql=sql) -%}
    {%- set keys, files = {}, [] -%}
    {%- for relation, alias, columns in marks -%}
        {%- set table = relation.split('.')[-1].replace('"', '') -%}
        {%- set wanted = 'false' -%}
        {%- if table in plan['changed'] -%}
            {%- set name = 'keys_of_' ~ table -%}
            {%- if name not in keys -%}
                {%- set touched = touched_keys(name, target, relation, columns.split(','), table, plan) -%}
                {%- do keys.update({name: touched['keys']}) -%}
                {%- do files.extend(touched['files']) -%}
            {%- endif -%}
            {%- set wanted = in_files(files, alias ~ '.') ~ ' and (' ~ alias ~ '.' ~ columns.replace(',', ', ' ~ alias ~ '.')
                ~ ') in (select ' ~ columns ~ ' from ' ~ name ~ ')' -%}
        {%- endif -%}
        {%- set built.sql = built.sql.replace(of_touched_files(relation, alias, columns.split(',')), wanted) -%}
    {%- endfor -%}
    {%- set compared = [] -%}
    {%- for column in adapter.get_columns_in_relation(target) if column.name not in rules.get('apart', []) -%}
        {%- do compared.append(column.name) -%}
    {%- endfor -%}
    {%- set compared = compared | join(', ') -%}
    {%- set is_touched = in_files(files) ~ ' and (' ~ rules['key'] | join(', ') ~ ') in (' ~ keys.values() | join(' union all ') ~ ')' -%}
    {%- call statement('main') -%}
        create temporary table new_rows as {{ built.sql }}
    {%- endcall -%}
    {%- call statement('compare') -%}
        create temporary table old_rows as select * from {{ target }} where {{ is_touched }};
        create temporary table changed_rows as
        (select {{ compared }} from old_rows except select {{ compared }} from new_rows)
        union all
        (select {{ compared }} from new_rows except select {{ compared }} from old_rows);
        delete from {{ target }} where {{ is_touched }};
        insert into {{ target }} select * from new_rows
    {%- endcall -%}
    {%- set echoes = context.get(model['name'] ~ '__echoes') -%}
    {%- set days = run_query(
        'select distinct ' ~ local_date(rules['day']) ~ ' from changed_rows'
        ~ (' where ' ~ rules['day'] ~ ' is not null union ' ~ echoes('changed_rows') if echoes else '')
    ).columns[0].values() | list -%}
    {%- do run_query('drop table ' ~ (keys | list + ['new_rows', 'old_rows', 'changed_rows']) | join('; drop table ')) -%}
    {{ return([none] if none in days or days | length > 1000 else days | sort) }}
{% endmacro %}

{#-
  Makes the temporary table `name` of the keys, as the raw table names them. Returns {keys: a query of them as the model
  names them, files: all that hold or held one of them}; so of all other files nothing but the keys is read.
-#}
{% macro touched_keys(name, target, relation, columns, table, plan) %}
    {%- set rules = config.get('meta') -%}
    {%- set before, now = plan['state']['inputs'][table], plan['inputs'][table] -%}
    {%- set added, removed = [], [] -%}
    {%- for file in now if file not in before -%}{%- do added.append(file.split('@')[0]) -%}{%- endfor -%}
    {%- for file in before if file not in now -%}{%- do removed.append(file.split('@')[0]) -%}{%- endfor -%}
    {%- set has_source = rules['key'] | length > columns | length -%}
    {%- set source = "'" ~ table.split('__')[0] ~ "'" -%}
    {%- call statement('touched_keys') -%}
        create temporary table {{ name }} as
        select {{ columns | join(', ') }} from {{ relation }} where file_id in ('{{ added | join("', '") }}')
        union
        select {{ rules['key'][-(columns | length):] | join(', ') }} from {{ target }}
        where file_id in ('{{ removed | join("', '") }}'){{ ' and source = ' ~ source if has_source }}
    {%- endcall -%}
    {%- set names = columns | join(', ') -%}
    {%- set holders = run_query(
        'select distinct file_id from ' ~ relation ~ ' where (' ~ names ~ ') in (select ' ~ names ~ ' from ' ~ name ~ ')'
    ).columns[0].values() | list -%}
    {{ return({
        'keys': 'select ' ~ (source ~ ', ' if has_source else '') ~ names ~ ' from ' ~ name, 'files': holders + removed,
    }) }}
{% endmacro %}

{% macro in_files(files, alias='') -%}
    {{ alias }}file_id in ('{{ files | join("', '") }}')
{%- endmacro %}

{#-
  Days of rows that read the changed rows of a staging table. An answer names the author of what it answers, and a
  reaction without a time of its own bears its message's.
-#}
{% macro stg_slack__messages__echoes(changed) -%}
    select {{ local_date('answers.sent_at') }}
    from {{ this }} as answers
    inner join {{ changed }} as changed
        on answers.team_id = changed.team_id
        and answers.channel_id = changed.channel_id
        and answers.thread_ts = changed.ts
{%- endmacro %}

{% macro stg_collaboration__messages__echoes(changed) -%}
    select {{ local_date('answers.sent_at') }}
    from {{ this }} as answers
    inner join {{ changed }} as changed
        on answers.source = changed.source and answers.parent_id = changed.message_id
    union
    select {{ local_date('coalesce(reactions.reacted_at, changed.sent_at)') }}
    from {{ this.incorporate(path={'identifier': 'stg_collaboration__reactions'}) }} as reactions
    inner join {{ changed }} as changed
        on reactions.source = changed.source and reactions.message_id = changed.message_id
{%- endmacro %}

{% macro stg_collaboration__reactions__echoes(changed) -%}
    select {{ local_date('messages.sent_at') }}
    from {{ this.incorporate(path={'identifier': 'stg_collaboration__messages'}) }} as messages
    inner join {{ changed }} as changed
        on messages.source = changed.source and messages.message_id = changed.message_id
    where changed.reacted_at is null
{%- endmacro %}
