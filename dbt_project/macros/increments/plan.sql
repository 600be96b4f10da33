{#-
  What a build may leave as it is. A model is a function of its SQL and of what it reads, so it is built again only when
  one of these changed, and a table whose new rows equal the old ones does not count as changed for those that read it.
  What each model was last built from stands in two tables, written in the transaction that writes its rows:

  raw.model_states    model or test, turn (the latest row counts), version (of its rows), fingerprint (of its SQL and
                      configuration), inputs (what it read: versions of models, files of raw tables)
  raw.model_changes   model, version, day: the days whose rows that version changed; NULL is any day
  raw.loads           the files in each raw table, or a hash of its rows, written when they are loaded

  A model tells in its `meta` what lets it be replaced in part:

  day      the column that dates a row: a date, or in staging and views a timestamp, of which the local day counts. Days
           of which nothing that is read changed keep their rows.
  reach    {model read: [from, until]}: a row of day d depends on that model's rows of the days d + from to d + until;
           null is without bound. When a model without a reach changes, all days are built and those that differ replaced.
  days_of  [model, column] where no other days can have rows, such as int_windows: only those of them are built.
  key      of staging tables: their grain. Only records that a new, changed or removed file holds are chosen anew.
  apart    of staging tables: columns that may change without those that read it being built again, as none reads them.
  covers   models read only for what the raw tables' own files tell as well, so that they are no inputs.

  increment_plan() gives {how, existing, state, inputs, fingerprint, changed, intervals, is_current: it was built, by the
  same code}; how is
  keep     nothing changed
  days     only rows of certain days can change: intervals
  keys     only records of certain files can change: changed
  whole    everything else; after --full-refresh, a change of code, or an interrupted build, always
-#}
{% macro increment_plan(kind) %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set rules = config.get('meta') or {} -%}
    {%- set inputs = inputs_now(rules.get('covers', [])) -%}
    {%- set state = known_state() -%}
    {%- set fingerprint = local_md5(sql ~ tojson([kind, rules, model['columns'], config.get('contract') | string])) -%}
    {%- set changed = changed_inputs(inputs, state) -%}
    {%- set plan = {
        'how': 'whole', 'existing': existing, 'state': state, 'inputs': inputs, 'fingerprint': fingerprint,
        'changed': changed, 'intervals': none, 'is_current': false,
    } -%}
    {%- if existing is none or existing.type != kind or fingerprint != state['fingerprint'] or flags.FULL_REFRESH -%}
        {{ return(plan) }}
    {%- endif -%}
    {%- do plan.update({'is_current': true}) -%}
    {%- if not changed -%}
        {%- do plan.update({'how': 'keep'}) -%}
    {%- elif 'key' in rules -%}
        {%- if are_files(changed, inputs, state['inputs']) -%}{%- do plan.update({'how': 'keys'}) -%}{%- endif -%}
    {%- elif 'day' in rules -%}
        {%- set intervals = touched_intervals(changed, state['inputs'], rules, kind) -%}
        {%- if intervals is not none -%}
            {%- do plan.update({'how': 'days', 'intervals': intervals}) -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(plan) }}
{% endmacro %}

{#- What this model or test reads, by name: a model's version, the files of a raw table. -#}
{% macro inputs_now(covered=[]) %}
    {%- set states, inputs = known_states(), {} -%}
    {%- for id in model['depends_on']['nodes'] -%}
        {%- set name = id.split('.')[2] -%}
        {%- if id in graph['sources'] -%}
            {%- set table = graph['sources'][id]['identifier'] -%}
            {%- do inputs.update({table: states['raw'][table]}) -%}
        {%- elif name not in covered -%}
            {%- do inputs.update({name: states['models'].get(name, {}).get('version', 0)}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(inputs) }}
{% endmacro %}

{#- The state of this model or test. -#}
{% macro known_state() %}
    {%- set state = {'turn': 0, 'version': 0, 'fingerprint': '', 'inputs': '{}'} -%}
    {%- do state.update(known_states()['models'].get(state_name(), {})) -%}
    {%- do state.update({'inputs': fromjson(state['inputs'])}) -%}
    {{ return(state) }}
{% endmacro %}

{% macro state_name() %}{{ return(model['name'] if model['resource_type'] == 'model' else model['unique_id']) }}{% endmacro %}

{% macro changed_inputs(inputs, state) %}
    {%- set changed = [] -%}
    {%- for name, now in inputs.items() if now != state['inputs'].get(name) or now == 0 -%}
        {%- do changed.append(name) -%}
    {%- endfor -%}
    {{ return(changed) }}
{% endmacro %}

{#-
  The states of all raw tables and models, read once a run: `graph` is the one place that all models of a run share.
  note_state() keeps it up to date. Two threads may read at once: the first one's stands.
-#}
{% macro known_states() %}
    {%- if 'states' not in graph -%}
        {%- do graph.setdefault('states', {'raw': raw_states(), 'models': latest_states()}) -%}
    {%- endif -%}
    {{ return(graph['states']) }}
{% endmacro %}

{#- {raw table: the files in it, or a hash of its rows where it does not come from files} -#}
{% macro raw_states() %}
    {%- set found = {} -%}
    {%- for source in graph['sources'].values() -%}{%- do found.update({source['identifier']: []}) -%}{%- endfor -%}
    {%- for name, file_id, mark in run_query("select table_name, file_id, mark from raw.loads order by 1, 2, 3").rows -%}
        {%- do found.setdefault(name, []).append(file_id ~ '@' ~ mark if file_id else mark) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{#- Whether all that changed are raw tables that come from files, then and now. -#}
{% macro are_files(changed, now, before) %}
    {%- for name in changed -%}
        {%- if now[name] is not sequence or name not in before -%}{{ return(false) }}{%- endif -%}
        {%- for file in now[name] + before[name] if '@' not in file -%}{{ return(false) }}{%- endfor -%}
    {%- endfor -%}
    {{ return(true) }}
{% endmacro %}

{#- {model: its latest state} -#}
{% macro latest_states() %}
    {%- set found = {} -%}
    {%- for row in run_query(
        "select model, turn, version, fingerprint, inputs from raw.model_states order by turn"
    ).rows -%}
        {%- do found.update({row[0]: {
            'turn': row[1] | int, 'version': row[2] | int, 'fingerprint': row[3], 'inputs': row[4],
        }}) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{#- The days of this model that the changes of what it reads can touch, as [from, until] each; none for all of them. -#}
{% macro touched_intervals(changed, seen, rules, kind) %}
    {%- set since = [] -%}
    {%- set reaches = rules.get('reach', {}) -%}
    {%- for name in changed -%}
        {%- if seen.get(name) is not integer or name not in reaches -%}{{ return(none) }}{%- endif -%}
        {%- do since.append("(model = '" ~ name ~ "' and version > " ~ seen[name] ~ ")") -%}
    {%- endfor -%}
    {%- set intervals = [] -%}
    {%- for name, day in run_query(
        "select distinct model, day from raw.model_changes where " ~ since | join(' or ')
    ).rows -%}
        {%- if day is none -%}{{ return(none) }}{%- endif -%}
        {%- set since, until = reaches[name] -%}
        {%- do intervals.append([
            modules.datetime.date.min if until is none else day - modules.datetime.timedelta(days=until),
            modules.datetime.date.max if since is none else day - modules.datetime.timedelta(days=since),
        ]) -%}
    {%- endfor -%}
    {%- set intervals = merged_intervals(intervals) -%}
    {%- if 'days_of' not in rules or kind == 'view' -%}{{ return(intervals) }}{%- endif -%}
    {%- set spine, column = rules['days_of'] -%}
    {%- set spine = api.Relation.create(
        database=this.database, schema=graph['nodes']['model.throughline.' ~ spine]['schema'], identifier=spine
    ) -%}
    {%- set days = [] -%}
    {%- for row in run_query(
        "select " ~ column ~ " from " ~ spine ~ " where " ~ within(column, intervals)
        ~ " union select " ~ rules['day'] ~ " from " ~ this ~ " where " ~ within(rules['day'], intervals)
    ).rows -%}
        {%- do days.append([row[0], row[0]]) -%}
    {%- endfor -%}
    {{ return(merged_intervals(days)) }}
{% endmacro %}

{#- Sorted, without overlaps; of more than 50 only the hull, as a long condition costs more than it saves. -#}
{% macro merged_intervals(intervals, hull=true) %}
    {%- set merged = [] -%}
    {%- for interval in intervals | sort -%}
        {%- if merged and (interval[0] - merged[-1][1]).days <= 1 -%}
            {%- set last = merged.pop() -%}
            {%- do merged.append([last[0], [last[1], interval[1]] | max]) -%}
        {%- else -%}
            {%- do merged.append(interval) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return([[merged[0][0], merged[-1][1]]] if hull and merged | length > 50 else merged) }}
{% endmacro %}

{#- The condition that a date lies in one of the intervals, each widened: since days earlier, until later; at: a timestamp. -#}
{% macro within(column, intervals, since=0, until=0, at=false) %}
    {%- set conditions = [] -%}
    {%- for first, last in intervals -%}
        {%- set bounds = ['true'] -%}
        {%- if first != modules.datetime.date.min and since is not none -%}
            {%- do bounds.append(column ~ ' >= ' ~ day_begin(first + modules.datetime.timedelta(days=since), at)) -%}
        {%- endif -%}
        {%- if last != modules.datetime.date.max and until is not none -%}
            {%- do bounds.append(column ~ ' < ' ~ day_begin(last + modules.datetime.timedelta(days=until + 1), at)) -%}
        {%- endif -%}
        {%- do conditions.append('(' ~ bounds | join(' and ') ~ ')') -%}
    {%- endfor -%}
    {{ return('(' ~ (conditions or ['false']) | join(' or ') ~ ')') }}
{% endmacro %}

{% macro day_begin(day, at) %}
    {%- set day = "cast('" ~ day ~ "' as date)" -%}
    {{ return((local_midnight(day) if var('time_zone') != 'UTC' else day) if at else day) }}
{% endmacro %}

{#-
  Marks, in a model with a `day`, where rows may be left out before they are joined or summed: a row of day d needs only
  those whose date `column` lies from day d + since to d + until (none: without bound). Always true, except where only
  certain days are built; not a bare (true), which Spark takes for a list of aliases. The days built are cut out at the end anyway; this saves reading the others. touched_at: the
  same for a timestamp, by its local day.
-#}
{% macro touched(column, since=0, until=0) -%}
    (1 = 1 /* touched {{ column }} {{ since }} {{ until }} */)
{%- endmacro %}

{% macro touched_at(column, since=0, until=0) -%}
    (1 = 1 /* touched_at {{ column }} {{ since }} {{ until }} */)
{%- endmacro %}

{#- The same in a staging table with a `key`: only the records of these keys are chosen anew. -#}
{% macro of_touched_files(relation, alias, key) -%}
    (1 = 1 /* keys {{ relation }} {{ alias }} {{ key | join(',') }} */)
{%- endmacro %}

{#- What was built, from what; `days`: the days that changed, [none] for all, [] for nothing. -#}
{% macro note_state(plan, days) %}
    {%- set name = "'" ~ state_name() ~ "'" -%}
    {%- set turn, version = plan['state']['turn'] + 1, plan['state']['version'] + (1 if days else 0) -%}
    {%- set inputs = tojson(plan['inputs']) -%}
    {%- do graph['states']['models'].update({state_name(): {
        'turn': turn, 'version': version, 'fingerprint': plan['fingerprint'], 'inputs': inputs,
    }}) -%}
    {%- call statement('note_state') -%}
        insert into raw.model_states (model, turn, version, fingerprint, inputs) values (
            {{ name }}, {{ turn }}, {{ version }}, '{{ plan["fingerprint"] }}', '{{ inputs | replace("'", "''") }}'
        )
        {%- for day in days %}
        {{ '; insert into raw.model_changes (model, version, day) values' if loop.first }}
        ({{ name }}, {{ version }}, {{ 'null' if day is none else "cast('" ~ day ~ "' as date)" }}){{ ',' if not loop.last }}
        {%- endfor -%}
    {%- endcall -%}
{% endmacro %}

{#- How many rows and a hash of all, whatever their order. -#}
{% macro rows_hash(alias) -%}{{ return(adapter.dispatch('rows_hash')(alias)) }}{%- endmacro %}
{% macro default__rows_hash(alias) -%}
    cast(count(*) as varchar) || ':' || coalesce(cast(sum(hash({{ alias }})) as varchar), '')
{%- endmacro %}
{% macro postgres__rows_hash(alias) -%}
    cast(count(*) as varchar) || ':' || coalesce(cast(sum(cast(hashtextextended(cast({{ alias }} as text), 0) as numeric)) as varchar), '')
{%- endmacro %}
