{#-
  The one thing to do next for a purpose, from its state; the first that applies. Reads the columns of kpi_scorecard's
  `judged`. A verdict is the evidence's; without one, only what is missing for it is said.
-#}
{% macro next_step() -%}
    case
        when purpose_id = '_org' and match_share < 0.5
            then 'land an identity map: most accounts belong to nobody in the roster, so numbers about people are too small'
        when purpose_id = '_org' and purpose_count = 0 then 'register a first purpose: goal, outcome, baseline, target'
        when purpose_id = '_org' and measurable_count < purpose_count
            then {{ dbt.concat(["'declare what is missing for '", 'cast(purpose_count - measurable_count as string)', "' of '", 'cast(purpose_count as string)', "' purposes'"]) }}
        when purpose_id = '_org' then 'read the purposes one by one'
        when stage = 'stopped' then 'stopped: write down what was learnt'
        when not is_measurable
            then {{ dbt.concat(["'declare '", "replace(replace(coalesce(missing_fields, 'the missing fields'), ' ', ', '), '_', ' ')"]) }}
        when start_date > data_until_date
            then {{ dbt.concat(["'before it starts, run: throughline plan '", 'purpose_id']) }}
        when verdict = 'supported' then 'take the brief to the sponsor and scale it with a comparison group'
        when verdict = 'harm' then 'stop it, or change what it does: the outcome moved the wrong way'
        when verdict = 'null_supported' then 'stop it, or aim at an effect worth having: the one hoped for is ruled out'
        when verdict = 'association_only' then 'phase the next roll-out, or draw it by lot: a comparison alone cannot tell why'
        when verdict = 'refused' then 'remove what forbids a judgement: refusal codes in kpi_impact'
        when verdict = 'inconclusive'
            then {{ dbt.concat(["'see what could be detected: throughline plan '", 'purpose_id']) }}
        when current_suppressed_reason in ('below_k', 'complementary') then 'widen the population: too few people to show'
        when current_suppressed_reason = 'not_yet' then 'wait: too few cases have been followed long enough'
        when current_suppressed_reason in ('small_n', 'insufficient_n')
            then {{ dbt.concat(["'too few cases yet; see how many it takes: throughline plan '", 'purpose_id']) }}
        when current_value is null then 'land the export that shows the outcome'
        when stop_date <= data_until_date then 'decide: the stop date has passed and no design was evaluated'
        else 'have the registered design evaluated'
    end
{%- endmacro %}
