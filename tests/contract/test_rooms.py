"""The house: sources are complete, documents name what exists, walls stand. A failure says what is missing where."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import throughline
from throughline.cli import app
from throughline.sources import SOURCES, crm_shapes, shapes
from throughline.statistics.row import ImpactRow

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "plugins" / "throughline"
README = (PROJECT / "README.md").read_text(encoding="utf-8")
FIXTURES = PROJECT / "tests" / "fixtures"
MAY_IMPORT_AIRFLOW = {"assets.py", "nodes.py", "triggers.py"}


def declared_tables() -> dict[str, set[str]]:
    """Source -> its tables that dbt knows of."""
    files = (PROJECT / "dbt_project" / "models" / "staging").glob("*/_*__sources.yml")
    sources = [source for path in files for source in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]]
    return {source["name"]: {table["name"] for table in source["tables"]} for source in sources}


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_has_all_that_it_needs(name: str) -> None:
    needed = [PROJECT / "expectations" / f"{name}.py", *(FIXTURES / name / part for part in ("original", "kept"))]
    missing = [path.relative_to(PROJECT).as_posix() for path in needed if not path.exists()]
    assert not missing, f"source {name} lacks {', '.join(missing)}"
    assert declared_tables()[name] == SOURCES[name].names, f"dbt does not know the same tables of {name}"
    assert f"landing/{name}/" in README, f"source {name} lacks its row in the README's table of sources"


def test_shared_models_read_every_source_of_their_shape() -> None:
    """A source that the lists of macros/tools.sql lack would be taken, and counted nowhere."""
    macro = (PROJECT / "dbt_project" / "macros" / "tools.sql").read_text(encoding="utf-8")
    listed = {table: re.findall(r"\w+", names) for table, names in re.findall(r"'(\w+)': \[([^\]]*)\]", macro)}
    assert {"messages", "deals"} <= set(listed)
    for listed_as, names in listed.items():
        table = listed_as.removeprefix("crm_")
        of_tools = hasattr(shapes, table) and table == listed_as
        shape = getattr(shapes if of_tools else crm_shapes, table)("any").schema
        alike = [one.name for one in SOURCES.values() for t in one.tables if (t.name, t.schema) == (table, shape)]
        assert sorted(alike) == names, f"list the sources of {listed_as} in macros/tools.sql by name"


def published_models() -> list[str]:
    return sorted(path.stem for path in (PROJECT / "dbt_project" / "models" / "kpi").glob("*.sql"))


@pytest.mark.parametrize("model", published_models())
def test_a_published_table_is_documented(model: str) -> None:
    assert f"`{model}`" in README, f"the README's table of published tables lacks {model}"
    assert (PROJECT / "dbt_project" / "models" / "kpi" / f"{model}.yml").exists()


def test_every_setting_is_documented() -> None:
    names = set(re.findall(r'"(THROUGHLINE_[A-Z_]+)"', (PACKAGE / "settings.py").read_text(encoding="utf-8")))
    assert len(names) >= 5
    assert not {name for name in names if f"`{name}`" not in README}


def test_every_command_has_help_and_json() -> None:
    commands = {c.name or c.callback.__name__: c.callback for c in app.registered_commands if c.callback}
    assert set(commands) >= {
        "sample",
        "ingest",
        "build",
        "publish",
        "rollback",
        "run",
        "status",
        "query",
        "quarantine",
        "reprocess",
    }
    for name, command in commands.items():
        assert command.__doc__, f"{name} has no help"
        assert "as_json" in command.__annotations__, f"{name} lacks --json"


def python_files() -> list[Path]:
    return [path for folder in ("plugins", "dags", "expectations") for path in sorted((PROJECT / folder).rglob("*.py"))]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", python_files(), ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_walls(path: Path) -> None:
    used = set(imports(path))
    inside = path.is_relative_to(PACKAGE)
    if inside and path.name not in MAY_IMPORT_AIRFLOW:
        assert not {name for name in used if name.split(".")[0] == "airflow"}, "airflow has its own rooms"
    ours = {name for name in used if name.split(".")[0] == "throughline"}
    if path.is_relative_to(PACKAGE / "statistics"):
        assert not {name for name in ours if not name.startswith("throughline.statistics")}, "statistics stands alone"
    if path == PACKAGE / "privacy.py":
        assert not ours, "privacy stands alone"
    if path.name != "settings.py":
        assert not re.search(r"os\.(environ|getenv)", path.read_text(encoding="utf-8")), "only settings reads it"


def test_one_version_everywhere() -> None:
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    changelog = re.search(r"^## (\S+)", (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert changelog
    assert {declared, throughline.__version__, changelog[1]} == {declared}


def test_the_lock_names_no_host_and_hashes_everything() -> None:
    lock = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    pinned = re.findall(r"^[a-zA-Z0-9_.\[\]-]+==", lock, re.MULTILINE)
    assert len(pinned) > 200
    assert lock.count("--hash=sha256:") >= len(pinned)


def test_nothing_ranks_a_person() -> None:
    """No published table has a column for a person, and no result of the engine either."""
    person = re.compile(r"\b(person|actor|owner|user|account|leader)_(key|id|name|email)\b")
    for model in published_models():
        contract = (PROJECT / "dbt_project" / "models" / "kpi" / f"{model}.yml").read_text(encoding="utf-8")
        columns = re.findall(r"^\s*- name: (\w+)", contract, re.MULTILINE)
        assert not [column for column in columns if person.fullmatch(column)], model
    assert not [column for column in ImpactRow.__annotations__ if person.fullmatch(column)]
