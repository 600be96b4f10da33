{#-
  The columns of one published number, from those of its sums: <slug>_successes and <slug>_n for a share, or
  <slug>_x, _y, _xx, _xy, _yy and _n for a ratio, with <slug>_hidden, the reason why the cell is not shown, or NULL.

  hidden_reason(slug, …)   <slug>_hidden: too few people, or a total would reveal them, or no source shows it; released: a
                           column with the reason that already hides the cell in all tables, so that none tells on another;
                           shown: a column with the people whom a source shows, observable_count if there is no such reason; name: of the column
  share_columns(slug)      <slug>, _ci_low, _ci_high (Wilson), _n, _suppressed_reason
                           min_n, min_each: below them the number is not shown, but its interval is
  ratio_columns(slug)      the same for sum(x) / sum(y) over people; delta method, the person is the unit
  value_columns(slug, of)  <slug>, _n, _suppressed_reason for a number without an interval
  estimate_columns(slug, missing)  the five for a number from <slug>_value, _low and _high; missing: why there is none
-#}
{% macro hidden_reason(slug, within, is_part, released=none, shown=none, name=none) -%}
    {%- set shown = shown or (none if released else 'observable_count') -%}
    {%- set n = slug ~ '_n' -%}
    {%- set gone = released ~ " in ('below_k', 'complementary')" -%}
    case
        {% if released %}when {{ released }} is not null then {{ released }}{% endif %}
        when {{ n }} = 0 then 'insufficient_n'
        {% if shown %}when {{ shown }} = 0 and not {{ below_k(n) }} then 'not_observable'{% endif %}
        else {{ cell_reason(
            n, within, is_part, 'unit',
            hidden=below_k(n) ~ (' or coalesce(' ~ gone ~ ', false)' if released else ''),
            candidate='observable_count > 0',
        ) }}
    end as {{ name or slug ~ '_hidden' }}
{%- endmacro %}

{% macro share_columns(slug, min_n=30, min_each=5) -%}
    {%- set s, n, hidden = slug ~ '_successes', slug ~ '_n', slug ~ '_hidden' -%}
    {%- set small = n ~ ' < ' ~ min_n ~ ' or ' ~ s ~ ' < ' ~ min_each ~ ' or ' ~ n ~ ' - ' ~ s ~ ' < ' ~ min_each -%}
    case when {{ hidden }} is null and not ({{ small }}) then {{ safe_divide(s, n) }} end as {{ slug }},
    case when {{ hidden }} is null then {{ wilson_low(s, n) }} end as {{ slug }}_ci_low,
    case when {{ hidden }} is null then {{ wilson_high(s, n) }} end as {{ slug }}_ci_high,
    case when {{ hidden }} is null then {{ n }} end as {{ slug }}_n,
    case when {{ hidden }} is not null then {{ hidden }} when {{ small }} then 'small_n' end as {{ slug }}_suppressed_reason
{%- endmacro %}

{% macro ratio_columns(slug) -%}
    {%- set x, y, n, hidden = slug ~ '_x', slug ~ '_y', slug ~ '_n', slug ~ '_hidden' -%}
    {%- set r = safe_divide(x, y) -%}
    {%- set squares -%}
    (cast({{ slug }}_xx as double) - 2 * {{ r }} * {{ slug }}_xy + {{ r }} * {{ r }} * {{ slug }}_yy)
    {%- endset -%}
    {%- set margin -%}
    1.959963984540054 * sqrt(
        case when {{ squares }} > 0 then {{ squares }} else 0 end * {{ safe_divide(n, n ~ ' - 1') }}
    ) / cast(nullif({{ y }}, 0) as double)
    {%- endset -%}
    case when {{ hidden }} is null then {{ r }} end as {{ slug }},
    case when {{ hidden }} is null then case when {{ r }} < {{ margin }} then 0 else {{ r }} - {{ margin }} end end as {{ slug }}_ci_low,
    case when {{ hidden }} is null then case when {{ r }} + {{ margin }} > 1 then 1 else {{ r }} + {{ margin }} end end as {{ slug }}_ci_high,
    case when {{ hidden }} is null then {{ n }} end as {{ slug }}_n,
    {{ hidden }} as {{ slug }}_suppressed_reason
{%- endmacro %}

{% macro value_columns(slug, of) -%}
    case when {{ of }}_hidden is null then {{ slug }} end as {{ slug }},
    case when {{ of }}_hidden is null then {{ of }}_n end as {{ slug }}_n,
    {{ of }}_hidden as {{ slug }}_suppressed_reason
{%- endmacro %}

{% macro estimate_columns(slug, missing) -%}
    {%- set hidden = slug ~ '_hidden' -%}
    case when {{ hidden }} is null then {{ slug }}_value end as {{ slug }},
    case when {{ hidden }} is null then {{ slug }}_low end as {{ slug }}_ci_low,
    case when {{ hidden }} is null then {{ slug }}_high end as {{ slug }}_ci_high,
    case when {{ hidden }} is null then {{ slug }}_n end as {{ slug }}_n,
    case when {{ hidden }} is not null then {{ hidden }} when {{ slug }}_value is null then '{{ missing }}' end as {{ slug }}_suppressed_reason
{%- endmacro %}
