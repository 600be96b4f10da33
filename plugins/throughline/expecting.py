"""Great Expectations as it is used here: imported late and quietly, one context in memory, tables inside DuckDB.

The import takes seconds, so it happens inside a task, never before. The library writes, sends and shows nothing itself.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final

_MEMORY: Final = "512MB"  # a uniqueness check over a big file spills to disk beyond this


@contextmanager
def great_expectations() -> Iterator[ModuleType]:
    """The library, with the warnings of its own imports and column types kept out of ours."""
    from throughline import dialect

    with warnings.catch_warnings(), _absent("pyspark"):
        # it reads regular expressions through modules that Python renamed
        warnings.filterwarnings("ignore", "module 'sre_", DeprecationWarning)
        # reflection asks for indexes, which the driver does not report; no expectation uses one
        warnings.filterwarnings("ignore", "duckdb-engine doesn't yet support reflection on indices")
        import great_expectations as gx

        dialect.register()
        yield gx


@contextmanager
def _absent(module: str) -> Iterator[None]:
    """Imports in here do not find the module: Great Expectations would load all of Spark, which nothing here uses."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]  # Python's own way to say that a module cannot be had
    try:
        yield
    finally:
        del sys.modules[module]


def context() -> Any:
    """A context that lives in memory: no project folder, no telemetry, no progress bars."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    silent = ProgressBarsConfig(globally=False, metric_calculations=False)
    stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    config = DataContextConfig(store_backend_defaults=stores, analytics_enabled=False, progress_bars=silent)
    return gx.get_context(mode="ephemeral", project_config=config)


@contextmanager
def batches(database: Path, schema: str) -> Iterator[Any]:
    """table -> its batch, whole, inside DuckDB, read-only. One context for all; the file is free again afterwards."""
    settings = {
        "memory_limit": _MEMORY,
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    source = context().data_sources.add_sql(
        "throughline",
        connection_string="duckdb+buffered:///given-below",  # in here $ and % would not stand for themselves
        create_temp_table=False,
        kwargs={
            "connect_args": {"database": str(database), "read_only": True, "schema": schema, "config": settings},
        },
    )
    engines: dict[int, Any] = {}

    def batch_of(table: str) -> Any:
        asset = source.add_table_asset(table, table_name=table)
        batch = asset.add_batch_definition_whole_table("all").get_batch()
        engines[id(batch.data.execution_engine)] = batch.data.execution_engine
        return batch

    try:
        yield batch_of
    finally:
        for engine in engines.values():
            engine.close()
            engine.engine.dispose()
        source.get_engine().dispose()
