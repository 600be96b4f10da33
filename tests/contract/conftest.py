"""dbt's manifest, compiled once for all tests here that look at models."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.definitions import compiled_models


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Model name -> its node of the manifest, compiled."""
    return compiled_models(tmp_path_factory.mktemp("dbt"))
