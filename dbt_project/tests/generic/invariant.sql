{#- A condition that holds on every row (a NULL condition passes: null is not a violation). -#}
{% test invariant(model, condition) %}
select * from {{ model }} where not ({{ condition }})
{% endtest %}
