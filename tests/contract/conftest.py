"""dbt's documentation and manifest, made once for all tests here that look at models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import made_once
from tests.contract import definitions


@pytest.fixture(scope="session")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with static_index.html, manifest.json and catalog.json."""
    return made_once(tmp_path_factory, "dbt-docs", definitions.write_docs)


@pytest.fixture(scope="session")
def manifest(docs: Path) -> dict[str, Any]:
    return definitions.manifest_in(docs)


@pytest.fixture(scope="session")
def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Model name -> its node of the manifest, compiled."""
    return definitions.models_of(manifest)
