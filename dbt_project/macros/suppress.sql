{#-
  Small numbers. A cell is shown with at least k people; where a total would reveal the hidden cells, one more goes.

  min_cohort()                  k: the variable, else THROUGHLINE_MIN_COHORT, else 10
  below_k(people)               boolean: too few people to show
  cell_reason(people, …)        'below_k', 'complementary' or NULL; within: columns that share one total; is_part: which
                                rows are parts of that total (the total itself is not); tie_break: of equal cells, which
-#}
{% macro min_cohort() -%}
    {%- set k = var('min_cohort', env_var('THROUGHLINE_MIN_COHORT', '10')) | int -%}
    {%- if k < 5 -%}{{ exceptions.raise_compiler_error('min_cohort below 5 would show individual people') }}{%- endif -%}
    {{ return(k) }}
{%- endmacro %}

{% macro below_k(people) -%}
    (coalesce({{ people }}, 0) < {{ min_cohort() }})
{%- endmacro %}

{#-
  0 < people in hidden cells < k: the total minus the shown cells would tell about fewer than k people, so the smallest
  candidate is hidden too. hidden: condition for cells that are not shown anyway, below_k by default.
-#}
{% macro cell_reason(people, within, is_part, tie_break, hidden=none, candidate='true') -%}
    {%- set hidden = '(' ~ (hidden or below_k(people)) ~ ')' -%}
    case
        when {{ below_k(people) }} then 'below_k'
        when {{ is_part }} and {{ candidate }}
            and sum(case when {{ is_part }} and {{ hidden }} then {{ people }} else 0 end)
                over (partition by {{ within }}) between 1 and {{ min_cohort() - 1 }}
            and row_number() over (
                partition by {{ within }}
                order by
                    case when {{ is_part }} and {{ candidate }} and not {{ hidden }} then 0 else 1 end, {{ people }}, {{ tie_break }}
            ) = 1
            then 'complementary'
    end
{%- endmacro %}
