{#- Postgres knows neither `double` nor `string`; as domains the same casts and contracts hold on all engines. -#}
{% macro prepare_engine() %}{{ return(adapter.dispatch('prepare_engine')()) }}{% endmacro %}

{% macro default__prepare_engine() %}{% endmacro %}

{% macro postgres__prepare_engine() %}
do $$ begin
    if to_regtype('public.double') is null then create domain public.double as double precision; end if;
    if to_regtype('public.string') is null then create domain public.string as text; end if;
end $$
{% endmacro %}

{#- Spark reads raw where it lies; registered anew in every run, so that the columns are those of the files. -#}
{% macro spark__prepare_engine() %}
    {%- do run_query("create database if not exists raw") -%}
    {%- for table in (graph.sources.values() if execute else []) -%}
        {%- set name = "raw.`" ~ table.identifier ~ "`" -%}
        {%- do run_query("drop table if exists " ~ name) -%}
        {%- do run_query(
            "create table " ~ name ~ " using parquet options (mergeSchema 'true') location '"
            ~ env_var('THROUGHLINE_SPARK_RAW') ~ "/" ~ table.identifier ~ "'"
        ) -%}
    {%- endfor -%}
{% endmacro %}
