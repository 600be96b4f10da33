"""Increments: what a model's meta says of its days is about models that it reads."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
import yaml

MODELS = Path(__file__).resolve().parents[2] / "dbt_project" / "models"
RULES = {"day", "reach", "days_of", "key", "apart", "covers"}


@functools.cache
def declared() -> dict[str, dict[str, Any]]:
    """Model -> its meta, where it has any."""
    models = [
        model
        for path in MODELS.rglob("*.yml")
        for model in (yaml.safe_load(path.read_text(encoding="utf-8").split("\nunit_tests:")[0]) or {}).get(
            "models", []
        )
    ]
    return {m["name"]: m["config"]["meta"] for m in models if "meta" in m.get("config", {})}


def sql(model: str) -> str:
    (path,) = MODELS.rglob(f"{model}.sql")
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("model", sorted(declared()))
def test_a_reach_is_over_a_model_that_is_read(model: str, models: dict[str, dict[str, Any]]) -> None:
    rules = declared()[model]
    assert set(rules) <= RULES, "see dbt_project/macros/increments/plan.sql"
    read = {unique_id.split(".")[2] for unique_id in models[model]["depends_on"]["nodes"]}
    assert set(rules.get("reach", {})) <= read, "a reach over a model that is not read says nothing"
    dated = {name for name, other in declared().items() if "day" in other}
    assert set(rules.get("reach", {})) <= dated, "a model without a day changes on all days: no reach can bound it"
    assert "day" in rules or not {"reach", "days_of", "key"} & set(rules)
    for since, until in rules.get("reach", {}).values():
        assert None in (since, until) or since <= until
    if "days_of" in rules:
        assert rules["days_of"][1] in sql(rules["days_of"][0])


def test_marks_stand_in_dated_models_only() -> None:
    """Elsewhere they would say that something is left out, and nothing is."""
    marked = {path.stem for path in MODELS.rglob("*.sql") if "touched(" in path.read_text(encoding="utf-8")}
    assert marked and not {model for model in marked if "reach" not in declared().get(model, {})}
