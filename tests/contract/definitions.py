"""What is written out from the metric registry, and the lock that a changed formula has to get past.

python -m tests.contract.definitions              the README's table, the doc blocks of dbt, dbt_project/metrics.lock
python -m tests.contract.definitions --same L1    the same, where L1 was only rewritten: every number stays what it was

A metric's fingerprints are two hashes. `text` is over the fields of its YAML that say what it is. `sql` is over the SQL
that computes it: from its columns in the wide table back to staging, each model parsed and cut down to the columns
(and, in long tables, to the branches) that reach the metric. Spacing, comments and the other metrics of a model do not
count; a filter, a join or a threshold on the way does. What Python computes is held by the tests of statistics/.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from throughline.metrics import Metric, metrics

PROJECT: Final = Path(__file__).resolve().parents[2]
DBT: Final = PROJECT / "dbt_project"
LOCK: Final = DBT / "metrics.lock"
README: Final = PROJECT / "README.md"
DOC_BLOCKS: Final = DBT / "models" / "kpi" / "metrics.md"
DEFINING: Final = ("formula", "grain", "window", "denominator", "unit", "min_n", "min_n_note", "interval", "what")
HEAD: Final = "# metric_id version text sql; written by: python -m tests.contract.definitions\n"
NOT_COMPUTED: Final = "-"
MARKED: Final = re.compile(
    r"\b(and|where)\s+\(1 = 1 /\* (touched|touched_at|keys) .*?\*/\)"
)  # no filter: macros/increments/plan.sql
COLLABORATION: Final = {"slack", "teams", "viva_engage", "mattermost", "google_chat", "rocketchat"}
CRM: Final = {"salesforce", "hubspot", "dynamics365", "pipedrive"}


@dataclass(frozen=True)
class Fingerprint:
    """What a number is and how it is computed, each as a hash; sql is '-' where no model computes it."""

    version: int
    text: str
    sql: str


def write_docs(folder: Path) -> None:
    """dbt's documentation as static_index.html, with its manifest, compiled for an empty database; no network."""
    settings = {
        "THROUGHLINE_DUCKDB_PATH": ":memory:",
        "THROUGHLINE_DBT_TARGET": "duckdb",
        "THROUGHLINE_MIN_COHORT": "10",
    }
    arguments = ["docs", "generate", "--quiet", "--static", "--empty-catalog", "--no-populate-cache"]
    arguments += ["--project-dir", DBT, "--profiles-dir", DBT, "--target-path", folder, "--log-path", folder]
    subprocess.run(
        [Path(sys.executable).with_name("dbt"), *arguments],
        env={**os.environ, **settings, "DO_NOT_TRACK": "1"},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def manifest_in(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "manifest.json").read_text(encoding="utf-8")))


def models_of(manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Model name -> its node."""
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}


class Lineage:
    """The compiled models as trees, qualified, from which a metric's own part can be cut."""

    def __init__(self, models: Mapping[str, dict[str, Any]]) -> None:
        self._models = models
        self._cut: dict[tuple[str, frozenset[str], str], tuple[str, dict[str, set[str]]]] = {}

    def sql(self, metric: Metric) -> dict[str, str]:
        """Model -> the part of it that computes the metric, as SQL; empty where none does."""
        if metric.table == "kpi_value":  # a vendor's definition: long from the start
            return self.parts("fct_lens_release", ("value", "ci_low", "ci_high", "n"), metric.metric_id)
        return self.parts(metric.table, self._columns_of(metric), metric.metric_id)

    def parts(self, table: str, columns: Collection[str], metric_id: str) -> dict[str, str]:
        needed: dict[str, set[str]] = defaultdict(set, {table: set(columns)} if columns else {})
        found = {}
        for model in reversed(self._order):
            if needed[model] and self._layer(model) != "staging":
                found[model], upstream = self._part(model, frozenset(needed[model]), metric_id)
                for name, used in upstream.items():
                    needed[name] |= used
        return {model: sql for model, sql in found.items() if sql}

    def _columns_of(self, metric: Metric) -> list[str]:
        tree = self._trees.get(metric.table)
        own = [metric.slug, *(f"{metric.slug}_{part}" for part in ("ci_low", "ci_high", "n"))]
        return (
            [name for name in tree.named_selects if name in own] if tree and metric.slug in tree.named_selects else []
        )

    def _layer(self, model: str) -> str:
        return str(self._models[model]["fqn"][1])

    @cached_property
    def _order(self) -> list[str]:
        """Every model after those that it reads."""
        done: dict[str, None] = {}

        def visit(model: str) -> None:
            if model not in done:
                for upstream in self._upstream(model):
                    visit(upstream)
                done[model] = None

        for model in sorted(self._models):
            visit(model)
        return list(done)

    def _upstream(self, model: str) -> list[str]:
        nodes = self._models[model]["depends_on"]["nodes"]
        return sorted(node.split(".")[-1] for node in nodes if node.startswith("model."))

    @cached_property
    def _trees(self) -> dict[str, Any]:
        """Model -> its query with every column bound to its table."""
        trees: dict[str, Any] = {}
        for model in self._order:
            tree = sqlglot.parse_one(MARKED.sub("", self._models[model]["compiled_code"]), read="duckdb")
            for table in tree.find_all(exp.Table):
                table.set("db", None)
                table.set("catalog", None)
            schema = {name: dict.fromkeys(trees[name].named_selects, "text") for name in self._upstream(model)}
            trees[model] = qualify(
                tree, schema=schema, dialect="duckdb", validate_qualify_columns=False, quote_identifiers=False
            )
        return trees

    def _part(self, model: str, columns: frozenset[str], metric_id: str) -> tuple[str, dict[str, set[str]]]:
        """(what is left of the model, upstream table -> columns that it reads there)."""
        key = (model, columns, metric_id if "metric_id" in self._models[model]["compiled_code"] else "")
        if key not in self._cut:
            if (query := _of_metric(self._trees[model].copy(), metric_id)) is None:
                return "", {}
            wanted = [exp.column(name, table="part") for name in sorted(columns)]
            cut = pushdown_projections(exp.select(*wanted).from_(query.subquery("part")))
            read: dict[str, set[str]] = defaultdict(set)
            for scope in traverse_scope(cut):
                for alias, (_, source) in scope.selected_sources.items():
                    if isinstance(source, exp.Table):
                        read[source.name] |= {column.name for column in scope.columns if column.table == alias}
            self._cut[key] = cut.sql("duckdb", comments=False), read
        return self._cut[key]


def _of_metric(tree: Any, metric_id: str) -> Any:
    """The tree without the branches of its unions that make rows of other metrics only; None where none is left."""
    for union in list(tree.find_all(exp.Union)):
        if isinstance(union.parent, exp.Union) or "metric_id" not in union.named_selects:
            continue
        names, position = union.named_selects, union.named_selects.index("metric_id")
        kept = [branch for branch in _branches(union) if _may_be_of(branch.selects[position], metric_id)]
        if not kept and union is tree:
            return None
        kept = kept or [next(iter(_branches(union))).where(exp.false())]
        if len(kept) < len(list(_branches(union))):
            kept[0].set(
                "expressions", [exp.alias_(c.unalias(), n) for c, n in zip(kept[0].selects, names, strict=True)]
            )
            shorter = exp.union(*kept, distinct=False) if len(kept) > 1 else kept[0]
            shorter.set("with_", union.args.get("with_"))
            if union is tree:
                return shorter
            union.replace(shorter)
    return tree


def _may_be_of(expression: Any, metric_id: str) -> bool:
    """False where the expression can only give ids of other metrics."""
    named = {text.this for text in expression.find_all(exp.Literal) if text.is_string}
    return not named or metric_id in named or not named <= set(metrics())


def _branches(query: Any) -> Iterable[Any]:
    query = query.unnest()
    if isinstance(query, exp.Union):
        yield from _branches(query.left)
        yield from _branches(query.right)
    else:
        yield query


def fingerprints(models: Mapping[str, dict[str, Any]]) -> dict[str, Fingerprint]:
    """metric_id -> Fingerprint, in reading order."""
    lineage = Lineage(models)
    found = {}
    for metric in metrics().values():
        text = json.dumps([getattr(metric, field) for field in DEFINING], ensure_ascii=False)
        sql = lineage.sql(metric)
        found[metric.metric_id] = Fingerprint(
            metric.version, _hash(text), _hash(json.dumps(sql, sort_keys=True)) if sql else NOT_COMPUTED
        )
    return found


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def locked(path: Path = LOCK) -> dict[str, Fingerprint]:
    """metric_id -> Fingerprint as it was locked last."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {metric_id: Fingerprint(int(version), text, sql) for metric_id, version, text, sql in lines}


def changed_formulas(now: Mapping[str, Fingerprint], then: Mapping[str, Fingerprint]) -> dict[str, str]:
    """metric_id -> what changed under the old version: 'text', 'sql' or both, of what was computed before."""
    found = {}
    for metric_id in now.keys() & then.keys():
        new, old = now[metric_id], then[metric_id]
        parts = ["text"] * (new.text != old.text) + ["sql"] * (new.sql != old.sql)
        if parts and old.sql != NOT_COMPUTED and new.version <= old.version:
            found[metric_id] = " and ".join(parts)
    return found


def lock_text(now: Mapping[str, Fingerprint]) -> str:
    return HEAD + "".join(f"{metric_id} {f.version} {f.text} {f.sql}\n" for metric_id, f in now.items())


def readme_table(now: Mapping[str, Fingerprint]) -> str:
    """One row per definition: id, question, which kinds of tools can show it; what is not computed yet says so."""
    rows = ["| id | slug | question | shown by |", "|---|---|---|---|"]
    for base in dict.fromkeys(metric.base_id for metric in metrics().values()):
        values = [metric for metric in metrics().values() if metric.base_id == base]
        is_computed = any(now[metric.metric_id].sql != NOT_COMPUTED for metric in values)
        slugs = ", ".join(f"`{metric.slug}`" for metric in values[:1]) + ", …" * (len(values) > 1)
        rows.append(f"| {base} | {slugs} | {values[0].question} | {_shown_by(values) if is_computed else 'not yet'} |")
    return "\n".join(rows)


def _shown_by(values: list[Metric]) -> str:
    sources = {source for metric in values for source in metric.sources}
    kinds = ["collaboration"] * (sources >= COLLABORATION) + ["CRM"] * (sources >= CRM)
    kinds += sorted(sources - COLLABORATION - CRM) if kinds else sorted(sources)
    return ", ".join(kinds) or "no source"


def doc_blocks() -> str:
    """The definitions as doc blocks of dbt, one a column of a wide table, named by its slug."""
    blocks = ["<!-- written by: python -m tests.contract.definitions -->"]
    for metric in metrics().values():
        what = f" ({metric.what})" if metric.what else ""
        blocks.append(
            f"{{% docs {metric.slug} %}}\n{metric.metric_id}: {metric.question}{what}\n{metric.formula}. "
            f"Unit: {metric.unit.replace('_', ' ')}. Over: {metric.denominator}. Interval: {metric.interval}.\n"
            "{% enddocs %}"
        )
    return "\n\n".join(blocks) + "\n"


def with_table(readme: str, table: str) -> str:
    """The README with its table of metrics replaced."""
    return re.sub(
        r"(<!-- metrics -->\n).*?(<!-- /metrics -->)", lambda m: f"{m[1]}{table}\n{m[2]}", readme, flags=re.DOTALL
    )


def main(arguments: list[str]) -> int:
    same = set(arguments[1:]) if arguments[:1] == ["--same"] else set()
    with tempfile.TemporaryDirectory() as folder:
        write_docs(Path(folder))
        now = fingerprints(models_of(manifest_in(Path(folder))))
    changed = changed_formulas(now, locked())
    if wrong := {metric_id: what for metric_id, what in changed.items() if metric_id not in same}:
        print(remedy(wrong), file=sys.stderr)
        return 1
    LOCK.write_text(lock_text(now), encoding="utf-8")
    README.write_text(with_table(README.read_text(encoding="utf-8"), readme_table(now)), encoding="utf-8")
    DOC_BLOCKS.write_text(doc_blocks(), encoding="utf-8")
    return 0


def remedy(wrong: Mapping[str, str]) -> str:
    listed = "\n".join(f"  {metric_id}: its {what} changed under the same version" for metric_id, what in wrong.items())
    return (
        f"{listed}\nIf a number may differ, raise `version` in dbt_project/metrics/<id>.yml and run: "
        "python -m tests.contract.definitions\nIf it was only rewritten and every number stays what it was: "
        f"python -m tests.contract.definitions --same {' '.join(wrong)}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
