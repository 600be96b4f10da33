"""Published data sets lie outside the repository; the tests that read them skip where the folder is absent."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "stats"


@pytest.fixture(scope="session")
def published() -> Callable[[str], list[dict[str, str]]]:
    """published(name) -> rows of shared/data/stats/<name>.csv."""

    def read(name: str) -> list[dict[str, str]]:
        path = FOLDER / f"{name}.csv"
        if not path.is_file():
            pytest.skip(f"{name}.csv of the published data is not here")
        with path.open(newline="", encoding="utf-8") as handle:
            return list(csv.DictReader(handle))

    return read
