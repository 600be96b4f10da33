"""Shared fixtures. Kinds of test are folders: unit (one module, no engine), dags (DAG files as Airflow sees them),
contract (rules that hold over all sources, models and documents), integration (several rooms, real engines),
e2e (Airflow and a browser)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from throughline.settings import Settings, load

PROJECT = Path(__file__).resolve().parents[1]
AT = datetime(2026, 7, 6, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of third-party samples beside the project."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the third-party samples (../shared/data) are not here")
    return folder


@pytest.fixture
def at() -> datetime:
    """A fixed moment for everything that takes the time as an argument."""
    return AT


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a home of its own, with a fixed key."""
    return load({"THROUGHLINE_HOME": str(tmp_path / "home"), "THROUGHLINE_KEY": "k" * 32})
