"""DuckDB for Great Expectations: a dialect that reads every result while its connection is still open.

Great Expectations closes the connection before it fetches; duckdb_engine then has nothing left to give, and
every expectation ends in "list index out of range". SQLAlchemy finds the class by the name `duckdb.buffered`
(see `register`); nothing else imports this file.
"""

from __future__ import annotations

from typing import Any

import duckdb_engine
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

_Context: Any = duckdb_engine.Dialect.execution_ctx_cls


class _BufferedContext(_Context):  # type: ignore[misc]  # duckdb_engine is untyped
    def post_exec(self) -> None:
        super().post_exec()
        cursor: Any = self.cursor
        if cursor.description:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(cursor, initial_buffer=cursor.fetchall())


class BufferedDialect(duckdb_engine.Dialect):
    """duckdb+buffered:///<file>; the connect argument `schema` names the one that tables are looked up in."""

    execution_ctx_cls = _BufferedContext
    supports_statement_cache = False

    def connect(self, *args: Any, schema: str = "main", **arguments: Any) -> Any:
        connection = super().connect(*args, **arguments)
        connection.execute("use " + ".".join(_identifier(part) for part in (_current_database(connection), schema)))
        return connection


def _current_database(connection: Any) -> str:
    return str(connection.execute("select current_database()").fetchone()[0])


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def register() -> None:
    """Make `duckdb+buffered://` known to SQLAlchemy; doing it again changes nothing."""
    registry.register("duckdb.buffered", __name__, BufferedDialect.__name__)
