{#- Postgres knows neither `double` nor `string`; as domains the same casts and contracts hold on all engines. -#}
{% macro prepare_engine() %}{{ return(adapter.dispatch('prepare_engine')()) }}{% endmacro %}

{% macro default__prepare_engine() %}{% endmacro %}

{% macro postgres__prepare_engine() %}
do $$ begin
    if to_regtype('public.double') is null then create domain public.double as double precision; end if;
    if to_regtype('public.string') is null then create domain public.string as text; end if;
end $$;
{% endmacro %}

{#-
  Spark reads raw where it lies. Its tables are registered once, and anew when their columns or their place change:
  the database bears a hash of both, set when all of them stand.
-#}
{% macro spark__prepare_engine() %}
    {%- set place, tables = env_var('THROUGHLINE_SPARK_RAW', ''), env_var('THROUGHLINE_SPARK_TABLES', '{}') -%}
    {%- set registered = local_md5(place ~ tables) -%}
    {%- if execute -%}
        {%- do run_query("create database if not exists raw") -%}
        {%- set described = run_query("describe database extended raw").columns[1].values() | join(' ') -%}
        {%- if registered not in described -%}
            {%- do run_query("drop database raw cascade") -%}
            {%- do run_query("create database raw") -%}
            {%- for name, columns in fromjson(tables).items() -%}
                {%- do run_query(
                    "create table raw.`" ~ name ~ "` (" ~ columns ~ ") using parquet location '" ~ place ~ "/" ~ name ~ "'"
                ) -%}
            {%- endfor -%}
            {%- do run_query("alter database raw set dbproperties ('registered' = '" ~ registered ~ "')") -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
