"""The house rules of the dbt project, over its manifest. A failure names the models and the remedy."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from throughline.metrics import metrics

LAYERS = ("staging", "intermediate", "marts", "kpi")
MAX_LINES = 120
CURRENT = re.compile(r"\b(?:current|shared)_records\(.*?\)\s*\}\}", re.DOTALL)  # the macros that choose a record's copy
COMMENT = re.compile(r"--[^\n]*|\{#.*?#\}", re.DOTALL)
MORE_THAN_RENAMES = re.compile(r"\b(join|where|group by|having|union|distinct|over|limit|order by)\b", re.IGNORECASE)

Node = dict[str, Any]


def layer(node: Node) -> str:
    return str(node["fqn"][1])


def offenders(found: Iterable[str], remedy: str) -> None:
    assert not (names := sorted(found)), f"{remedy}: {', '.join(names)}"


def keyed(manifest: Node) -> set[str]:
    """Unique ids of the models whose grain is tested."""
    tests = [
        node for node in manifest["nodes"].values() if node["resource_type"] == "test" and node.get("test_metadata")
    ]
    return {t["attached_node"] for t in tests if t["test_metadata"]["name"] in ("unique_combination", "unique")}


def readers(manifest: Node, unique_id: str) -> list[str]:
    return [child for child in manifest["child_map"][unique_id] if child.startswith("model.")]


def test_the_layers_are_all_there(models: dict[str, Node]) -> None:
    assert {layer(node) for node in models.values()} == set(LAYERS)
    assert len(models) > 80


def test_every_model_says_its_grain(models: dict[str, Node]) -> None:
    wrong = (name for name, node in models.items() if not node["description"].startswith("One row per "))
    offenders(wrong, "begin the description with 'One row per …'")


def test_every_model_has_its_yaml_beside_it(models: dict[str, Node]) -> None:
    wrong = (
        name
        for name, node in models.items()
        if Path(node["patch_path"] or "").name != f"{name}.yml"
        or Path(node["patch_path"]).parent.name != Path(node["original_file_path"]).parent.name
    )
    offenders(wrong, "describe the model in a YAML file of its name in its folder")


def test_every_model_has_a_key_test(manifest: Node, models: dict[str, Node]) -> None:
    """A view behind staging is tested where it is counted: a test of its own would compute all its rows again."""
    tested = keyed(manifest)
    views = {n["unique_id"] for n in models.values() if n["config"]["materialized"] == "view" and layer(n) != "staging"}
    assert len(views) <= 6, f"make tables of them, with key tests: {', '.join(sorted(views))}"
    wrong = (name for name, node in models.items() if node["unique_id"] not in tested | views)
    offenders(wrong, "add unique_combination over its grain")
    offenders((view for view in views if not tested >= set(readers(manifest, view))), "test the key of what reads it")


def test_every_public_model_has_a_contract_and_describes_its_columns(models: dict[str, Node]) -> None:
    public = {name: node for name, node in models.items() if node["access"] == "public"}
    assert set(public) == {name for name, node in models.items() if node["config"]["schema"] == "kpi"}
    offenders((n for n, node in public.items() if not node["contract"]["enforced"]), "enforce the contract")
    bare = (
        f"{name}.{column}"
        for name, node in public.items()
        for column, field in node["columns"].items()
        if not field["description"].strip()
    )
    offenders(bare, "describe the published columns")


def test_staging_only_renames_and_casts(models: dict[str, Node]) -> None:
    wrong = {
        f"{name} ({', '.join(sorted(set(found)))})"
        for name, node in models.items()
        if layer(node) == "staging"
        and (found := MORE_THAN_RENAMES.findall(CURRENT.sub("", COMMENT.sub("", node["raw_code"]))))
    }
    offenders(wrong, "staging renames and casts; do the rest in intermediate")


def test_only_staging_reads_sources(models: dict[str, Node]) -> None:
    wrong = (
        name
        for name, node in models.items()
        if layer(node) != "staging" and any(upstream.startswith("source.") for upstream in node["depends_on"]["nodes"])
    )
    offenders(wrong, "read a staging model instead of source()")


def test_no_model_reads_a_later_layer(models: dict[str, Node]) -> None:
    """Facts of deals (fct_deal) are counted in intermediate models too, so these two layers are one here."""
    place = {node["unique_id"]: LAYERS.index(layer(node).replace("marts", "intermediate")) for node in models.values()}
    wrong = (
        f"{name} reads {upstream.split('.')[-1]}"
        for name, node in models.items()
        for upstream in node["depends_on"]["nodes"]
        if place.get(upstream, 0) > place[node["unique_id"]]
    )
    offenders(wrong, "data flows from staging through the middle to kpi")


def test_no_model_is_long(models: dict[str, Node]) -> None:
    wrong = (
        f"{name} ({lines})"
        for name, node in models.items()
        if (lines := len(node["raw_code"].splitlines())) > MAX_LINES
    )
    offenders(wrong, f"split by meaning what has more than {MAX_LINES} lines")


def test_exposures_stand_on_public_models_and_have_an_owner(manifest: Node, models: dict[str, Node]) -> None:
    public = {node["unique_id"] for node in models.values() if node["access"] == "public"}
    exposures = manifest["exposures"].values()
    assert {"kpi_board", "executive_brief", "bi_tools"} <= {exposure["name"] for exposure in exposures}
    offenders(
        (e["name"] for e in exposures if not e["owner"]["name"] or not e["description"]), "name owner and purpose"
    )
    offenders((e["name"] for e in exposures if not public >= set(e["depends_on"]["nodes"])), "read public models only")


def test_the_documentation_is_readable_without_a_network(docs: Path, manifest: Node) -> None:
    """One page; what it loads is in it, what dbt would send is switched off, and every doc block is in place."""
    page = (docs / "static_index.html").read_text(encoding="utf-8")
    assert not re.findall(r"""<(?:script|link|img)[^>]+(?:src|href)=["']https?:""", page)
    assert manifest["metadata"]["send_anonymous_usage_stats"] is False
    for metric in metrics().values():
        table = manifest["nodes"].get(f"model.throughline.{metric.table}", {"columns": {}})
        if column := table["columns"].get(metric.slug):
            assert column["description"].startswith(f"{metric.metric_id}: {metric.question}"), (
                f"{metric.table}.{metric.slug}"
            )


def test_the_rules_can_be_broken(manifest: Node, models: dict[str, Node]) -> None:
    """Each pattern finds what it looks for."""
    allowed = "select * from (\n    {{ current_records(source('a', 'b'), key=['id']) }}\n) as b -- where and join\n"
    assert not MORE_THAN_RENAMES.findall(CURRENT.sub("", COMMENT.sub("", allowed)))
    assert MORE_THAN_RENAMES.findall(allowed.replace("as b", "as b where id > 0")) == ["where", "where", "join"]
    assert len(keyed(manifest)) > 80
    assert models["stg_slack__messages"]["unique_id"] in keyed(manifest)
