{# The half-open intervals [from, until) of one key never overlap; an open one ends never. #}
{% test one_at_a_time(model, key, from_column, until_column) %}
select a.{{ key }}
from {{ model }} as a
inner join {{ model }} as b on a.{{ key }} = b.{{ key }} and a.{{ from_column }} < b.{{ from_column }}
where a.{{ until_column }} is null or a.{{ until_column }} > b.{{ from_column }}
{% endtest %}
