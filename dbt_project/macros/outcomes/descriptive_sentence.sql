{#-
  The sentence while no design has been evaluated, from the columns of kpi_scorecard's `judged`: where the number
  stands, beside its baseline and target. No word of a cause or an effect.
-#}
{% macro descriptive_sentence() -%}
    case
        when metric_id is null then 'No outcome is declared: nothing can be said.'
        when current_value is null
            then {{ dbt.concat(["'No number yet: '", reason_text('current_suppressed_reason'), "'.'"]) }}
        else {{ dbt.concat([
            'question',
            "case when coalesce(value_shown, '') = '' then '' else " ~ dbt.concat(["' ('", 'value_shown', "')'"]) ~ " end",
            "' Now '", number_text('current_value', 'unit_of_measure'),
            "coalesce(" ~ dbt.concat(["' (95 % interval '", number_text('current_ci_low', 'unit_of_measure'), "' to '", number_text('current_ci_high', 'unit_of_measure'), "')'"]) ~ ", '')",
            "coalesce(" ~ dbt.concat(["', baseline '", number_text('coalesce(baseline_value, baseline_declared_value)', 'unit_of_measure')]) ~ ", '')",
            "coalesce(" ~ dbt.concat(["', target '", number_text('target_value', 'unit_of_measure')]) ~ ", '')",
            "coalesce(" ~ dbt.concat(["' by '", 'cast(target_by_date as string)']) ~ ", '')",
            "'. No design has been evaluated: this says where the number stands, not why.'"
        ]) }}
    end
{%- endmacro %}
