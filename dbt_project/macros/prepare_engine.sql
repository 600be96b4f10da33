{#- Postgres knows neither `double` nor `string`; as domains the same casts and contracts hold on all engines. -#}
{% macro prepare_engine() %}{{ return(adapter.dispatch('prepare_engine')()) }}{% endmacro %}

{% macro default__prepare_engine() %}{% endmacro %}

{% macro postgres__prepare_engine() %}
do $$ begin
    if to_regtype('public.double') is null then create domain public.double as double precision; end if;
    if to_regtype('public.string') is null then create domain public.string as text; end if;
end $$
{% endmacro %}
