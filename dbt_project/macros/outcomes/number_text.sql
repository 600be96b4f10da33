{#- A number as a reader says it: shares in per cent, counts whole, everything else with its unit. NULL stays NULL. -#}
{% macro number_text(value, unit_of_measure) -%}
    case {{ unit_of_measure }}
        when 'share' then {{ dbt.concat(['cast(cast(' ~ value ~ ' * 100 as decimal(18, 1)) as string)', "' %'"]) }}
        when 'count' then cast(cast({{ value }} as bigint) as string)
        when 'index' then cast(cast({{ value }} as decimal(18, 3)) as string)
        else {{ dbt.concat(['cast(cast(' ~ value ~ ' as decimal(18, 1)) as string)', "' '", "replace(" ~ unit_of_measure ~ ", '_', ' ')"]) }}
    end
{%- endmacro %}

{#- Why there is no current value, in words that finish "no number yet: ...". -#}
{% macro reason_text(reason) -%}
    case {{ reason }}
        when 'below_k' then 'fewer people than may be shown'
        when 'complementary' then 'it would reveal a group too small to be shown'
        when 'dominance' then 'one contributor is too large to be hidden in the sum'
        when 'small_n' then 'too few cases'
        when 'insufficient_n' then 'too few cases for this measure'
        when 'not_yet' then 'too few cases have been followed long enough'
        when 'not_observable' then 'no loaded source shows it'
        else 'nothing loaded shows it'
    end
{%- endmacro %}
