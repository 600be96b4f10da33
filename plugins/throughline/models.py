"""dbt's models and their tests, as its manifest and the warehouse know them.

The macros of increments leave a model as it is when nothing that it reads has changed, but dbt takes some 16 ms to find
that out for each of hundreds of nodes, and three seconds to start. What is certain to stand is left out beforehand.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import orjson

from throughline.settings import Settings
from throughline.source import Refused

GROUPS: Final = {"models": ("staging", "intermediate", "marts"), "kpi": ("kpi",)}  # folders of dbt_project/models
CODE: Final = ("dbt_project.yml", "profiles.yml", "macros", "models", "tests")


@dataclass(frozen=True)
class Model:
    """One model of dbt's manifest: its name, the ids of its tests, and the models that it reads."""

    unique_id: str
    name: str
    tests: tuple[str, ...]
    parents: tuple[str, ...]


def select(group: str) -> str:
    """The group's models, as dbt selects them."""
    return " ".join(f"path:models/{folder}" for folder in GROUPS[group])


def manifest_path(settings: Settings) -> Path:
    """Where dbt writes its manifest."""
    return settings.home / "dbt" / "target" / "manifest.json"


def models(settings: Settings, group: str) -> dict[str, Model]:
    """unique_id -> model, of one group. Raises Refused without a manifest."""
    return _in_group(_manifest(settings)["nodes"], group)


def _in_group(nodes: dict[str, dict[str, Any]], group: str) -> dict[str, Model]:
    tests: dict[str, list[str]] = {}
    for unique_id, node in nodes.items():
        if node["resource_type"] == "test" and node.get("attached_node"):  # a singular test belongs to none
            tests.setdefault(node["attached_node"], []).append(unique_id)
    return {
        unique_id: Model(
            unique_id, node["name"], tuple(tests.get(unique_id, ())), tuple(node["depends_on"]["nodes"])
        )
        for unique_id, node in nodes.items()
        if node["resource_type"] == "model" and node["fqn"][1] in GROUPS[group]
    }  # fmt: skip


def has_manifest(settings: Settings) -> bool:
    """The manifest describes the project as it is."""
    written = manifest_path(settings)
    return written.exists() and written.stat().st_mtime > max(path.stat().st_mtime for path in _code(settings))


@dataclass(frozen=True)
class Building:
    """What a build of a group may leave out. standing: unique_id -> model; is_needed is False when all stand."""

    standing: dict[str, Model]
    is_needed: bool

    @property
    def names(self) -> list[str]:
        """The models that stand, as dbt selects them."""
        return [model.name for model in self.standing.values()]


@contextmanager
def building(settings: Settings, group: str, environment: dict[str, str], *, full: bool = False) -> Iterator[Building]:
    """What of a group stands with all its tests, as the same code has built it from the same.

    environment: what dbt is told of the warehouse. In doubt a model does not stand. Left without an error, it is noted
    that the code as it is has built the group; that another code has is forgotten first.
    """
    code = _fingerprint(settings, environment)
    is_same = _built_with(settings).get(group) == code
    if not is_same:
        _note(settings, {group: ""})
    standing: dict[str, Model] = {}
    every: dict[str, Model] = {}
    if is_same and not full and has_manifest(settings):
        manifest = _manifest(settings)
        every, known = _in_group(manifest["nodes"], group), _known(settings, manifest)
        standing = {unique_id: model for unique_id, model in every.items() if known and known.stands(unique_id)}
    yield Building(standing, not every or len(standing) < len(every))
    _note(settings, {group: code})


def _known(settings: Settings, manifest: dict[str, Any]) -> _Known | None:
    from throughline.warehouse import connect

    warehouse = connect(settings)
    relations = warehouse.relations()
    if "raw.model_states" not in relations:
        return None
    states, loads = (warehouse.read(f"raw.{table}").to_pylist() for table in ("model_states", "loads"))
    return _Known(manifest, states, loads, relations)


class _Known:
    """What the warehouse knows of its tables: the states that macros/increments write."""

    def __init__(
        self, manifest: dict[str, Any], states: list[dict[str, Any]], loads: list[dict[str, Any]], relations: set[str]
    ) -> None:
        self._nodes, self._sources, self._relations = manifest["nodes"], manifest["sources"], relations
        self._states: dict[str, dict[str, Any]] = {}
        for row in sorted(states, key=lambda row: int(row["turn"])):
            self._states[row["model"]] = row | {"inputs": json.loads(row["inputs"])}
        self._loads: dict[str, list[str]] = {}
        for name, file_id, mark in sorted((row["table_name"], row["file_id"], row["mark"]) for row in loads):
            self._loads.setdefault(name, []).append(f"{file_id}@{mark}" if file_id else mark)
        self._tests: dict[str, list[str]] = {}
        for unique_id, node in self._nodes.items():
            for read in node["depends_on"]["nodes"] if node["resource_type"] == "test" else ():
                self._tests.setdefault(read, []).append(unique_id)
        self._is_built = cache(self._built)

    def stands(self, unique_id: str) -> bool:
        """The model and all tests that read it."""
        return self._is_built(unique_id) and all(self._passed(test) for test in self._tests.get(unique_id, ()))

    def _built(self, unique_id: str) -> bool:
        node = self._nodes[unique_id]
        state = self._states.get(node["name"])
        if state is None or f"{node['schema']}.{node['name']}" not in self._relations:
            return False
        covered = node["config"]["meta"].get("covers", ())
        read = [i for i in node["depends_on"]["nodes"] if self._nodes.get(i, {}).get("name") not in covered]
        return all(self._is_as(i, state["inputs"]) for i in read)

    def _is_as(self, read: str, inputs: dict[str, Any]) -> bool:
        """What is read is what it was: the files of a raw table, or a model that stands in the same version."""
        if read in self._sources:
            table = self._sources[read]["identifier"]
            return bool(inputs.get(table) == self._loads.get(table, []))
        name = self._nodes[read]["name"]
        return self._is_built(read) and bool(inputs.get(name) == self._states[name]["version"])

    def _passed(self, test: str) -> bool:
        """The test has passed on the versions that are there."""
        if test not in self._states:
            return False
        seen = self._states[test]["inputs"].items()
        return all(self._states.get(name, {}).get("version") == version for name, version in seen)


def _manifest(settings: Settings) -> dict[str, Any]:
    written = manifest_path(settings)
    if not written.exists():
        raise Refused(
            "there is no dbt manifest, so the models are not known",
            where=str(written),
            remedy="`make up` writes it; elsewhere run: python -m throughline.demo manifest",
        )
    return dict(orjson.loads(written.read_bytes()))


def _code(settings: Settings) -> list[Path]:
    parts = [settings.dbt_project / name for name in CODE]
    return sorted({path for part in parts if part.exists() for path in (part, *part.rglob("*"))})


def _fingerprint(settings: Settings, environment: dict[str, str]) -> str:
    """Of the project's files, what dbt is told, and dbt itself; a home that was moved or copied is the same."""
    digest = hashlib.sha256(version("dbt-core").encode())
    for path in _code(settings):
        if path.is_file():
            digest.update(path.relative_to(settings.dbt_project).as_posix().encode() + path.read_bytes())
    told = {name: value for name, value in environment.items() if "SECRET" not in name}
    digest.update(json.dumps(told, sort_keys=True).replace(str(settings.home), "").encode())
    return digest.hexdigest()


def _built_with(settings: Settings) -> dict[str, str]:
    path = settings.home / "dbt" / "built.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _note(settings: Settings, built: dict[str, str]) -> None:
    draft = settings.home / "dbt" / ".built.json"
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(json.dumps(_built_with(settings) | built))
    draft.replace(settings.home / "dbt" / "built.json")
