"""Apache Spark, the cluster: tables built by Spark, everything before and after it as Parquet on a shared disk.

$HOME/spark/raw/<table>/             hard links to the files whose rows count; external tables of schema raw
$HOME/spark/warehouse/<schema>.db/   what dbt builds; kpi_build beside the published schema
$HOME/spark/metastore                the catalog (embedded Derby): one process at a time
$HOME/spark/tmp                      what a driver needs while it runs; emptied when the next one starts
$HOME/publishes/<publish_id>/        as on every engine; schema kpi of the catalog holds views on the live one

Master and workers must see THROUGHLINE_HOME under the same path. What a cluster needs beyond that (memory, cores,
shuffle partitions) is the user's spark-defaults.conf in SPARK_CONF_DIR.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from throughline.settings import quiet_environment
from throughline.source import Refused, Unreachable
from throughline.warehouse import (
    KPI,
    Raw,
    forget_parquet,
    link_published,
    read_parquet,
    read_published,
    sql_type,
    staged_file,
    write_publish,
)

BUILD: Final = "kpi_build"
CONNECT_SECONDS: Final = 5.0
LOCAL_PARTITIONS: Final = "4"  # Spark's 200 are for clusters; a cluster's own stand in its spark-defaults.conf


class Spark:
    """Raises Refused without Java or pyspark, Unreachable when the master does not answer."""

    def __init__(self, home: Path, url: str) -> None:
        self._home, self._url = home, url
        self._spark = home / "spark"
        self._raw = self._spark / "raw"
        self._tmp = self._spark / "tmp"
        self._publishes = home / "publishes"

    @contextmanager
    def raw(self) -> Iterator[Raw]:
        self._check()
        draft, old = self._spark / ".raw.next", self._spark / ".raw.old"
        shutil.rmtree(draft, ignore_errors=True)
        if self._raw.exists():
            shutil.copytree(self._raw, draft, copy_function=os.link)
        draft.mkdir(parents=True, exist_ok=True)
        yield _Raw(draft)
        shutil.rmtree(old, ignore_errors=True)
        if self._raw.exists():
            self._raw.rename(old)
        draft.rename(self._raw)
        shutil.rmtree(old, ignore_errors=True)

    def dbt_environment(self) -> dict[str, str]:
        self._check()
        self._empty_tmp()
        return {
            "THROUGHLINE_DBT_TARGET": "spark",
            "THROUGHLINE_KPI_SCHEMA": BUILD,
            "THROUGHLINE_SPARK_RAW": str(self._raw),
            "THROUGHLINE_SPARK_TABLES": json.dumps(self._tables()),
            "THROUGHLINE_SPARK_SETTINGS": str({"spark.master": self._master, **self._configuration()}),
            **self._addresses(),
        }

    def read(self, table: str) -> pa.Table:
        schema, _, name = table.partition(".")
        _, columns, batches = read_parquet(name, self._files(schema, name))
        return pa.Table.from_batches(batches, schema=columns)

    def relations(self) -> set[str]:
        return set()  # every build is whole: nothing stands

    def stage(self, k: int) -> tuple[str, dict[str, int]]:
        names = sorted(path.name for path in self._database(BUILD).glob("*") if path.is_dir())
        if not names:
            raise Refused("nothing is built", where=str(self._spark), remedy="run: throughline build")
        tables = (read_parquet(name, self._files(BUILD, name)) for name in names)
        return write_publish(self._publishes, tables, k)

    def switch(self, publish_id: str) -> None:
        if not staged_file(self._home, publish_id).exists():
            raise Refused("is not kept any more", where=f"publish {publish_id}", remedy="build and publish again")
        self._check()
        tables = sorted((self._publishes / publish_id / KPI).glob("*.parquet"))
        views = [f"create or replace view {KPI}.`{path.stem}` as select * from parquet.`{path}`" for path in tables]  # noqa: S608  # names of ours
        self._execute(f"create database if not exists {KPI}", *views)
        link_published(self._home, publish_id)

    def forget(self, kept: Iterable[str]) -> None:
        forget_parquet(self._publishes, kept)

    def query(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        return read_published(self._home, sql)

    @property
    def _master(self) -> str:
        return "local[*]" if self._url == "spark://local" else self._url

    def _configuration(self) -> dict[str, str]:
        """What makes one session see the same tables as the next, and all engines the same values."""
        metastore = self._spark / "metastore"
        return {
            "spark.sql.warehouse.dir": str(self._spark / "warehouse"),
            "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={metastore};create=true",
            "spark.driver.extraJavaOptions": f"-Dderby.system.home={self._spark} -Djava.io.tmpdir={self._tmp}",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
            "spark.sql.storeAssignmentPolicy": "ANSI",
            "spark.sql.legacy.allowNonEmptyLocationInCTAS": "true",  # what a killed build left is written over
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.log.level": "ERROR",
            **({"spark.sql.shuffle.partitions": LOCAL_PARTITIONS} if self._url == "spark://local" else {}),
        }

    def _empty_tmp(self) -> None:
        """A driver leaves libraries and folders behind, and more when it is killed."""
        shutil.rmtree(self._tmp, ignore_errors=True)
        self._tmp.mkdir(parents=True)

    def _addresses(self) -> dict[str, str]:
        return {"SPARK_LOCAL_IP": "127.0.0.1"} if self._url == "spark://local" else {}

    def _check(self) -> None:
        """Say what is missing before Spark does at length."""
        if not find_spec("pyspark"):
            raise Refused("pyspark is not installed", where=self._where, remedy="install throughline[spark]")
        environment = quiet_environment()
        places = [str(Path(environ_home) / "bin")] if (environ_home := environment.get("JAVA_HOME")) else []
        if not shutil.which("java", path=os.pathsep.join([*places, environment.get("PATH", "")])):
            raise Refused("Java is not installed", where=self._where, remedy="install Java 17, or set JAVA_HOME")
        if self._url == "spark://local":
            return
        parts = urlsplit(self._url)
        try:
            socket.create_connection((parts.hostname or "", parts.port or 7077), CONNECT_SECONDS).close()
        except OSError:
            raise Unreachable(
                "the master does not answer", where=self._where, remedy="check that it runs, and its host and port"
            ) from None

    def _tables(self) -> dict[str, str]:
        """Raw table -> its columns, so that Spark need not look for them in every file."""
        schemas = {path.parent.name: pq.read_schema(path) for path in sorted(self._raw.glob("*/columns.parquet"))}
        return {name: ", ".join(f"`{f.name}` {_spark_type(f)}" for f in schema) for name, schema in schemas.items()}

    @property
    def _where(self) -> str:
        return f"THROUGHLINE_WAREHOUSE={self._url}"

    def _database(self, schema: str) -> Path:
        return self._spark / "warehouse" / f"{schema}.db"

    def _files(self, schema: str, table: str) -> str:
        return str((self._raw if schema == "raw" else self._database(schema)) / table / "*.parquet")

    def _execute(self, *statements: str) -> None:
        """Run statements on the catalog in Spark's own SQL shell; no cluster is asked. Raises Unreachable, with why."""
        import pyspark

        self._empty_tmp()
        settings = [part for name, value in self._configuration().items() for part in ("--conf", f"{name}={value}")]
        home = Path(pyspark.__file__).parent
        done = subprocess.run(  # noqa: S603  # our own arguments
            [str(home / "bin" / "spark-sql"), "--master", "local[1]", *settings, "-e", ";".join(statements)],
            env={**quiet_environment(), "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            told = [line for line in done.stderr.splitlines() if line.startswith("[") or "Exception" in line]
            raise Unreachable(told[0] if told else "Spark gave no reason", where=self._where, remedy="run it again")


def _spark_type(field: pa.Field) -> str:
    return {"varchar": "string", "double precision": "double"}.get(kind := sql_type(field), kind)


class _Raw:
    """One folder a table; an empty file gives the columns where the others lack some or there are none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def records(
        self, name: str, schema: pa.Schema, files: Mapping[str, Path], observed_until: Mapping[str, datetime | None]
    ) -> None:
        folder = self._empty(name, schema)
        for file_id, path in files.items():
            os.link(path, folder / f"{file_id}.parquet")

    def table(self, name: str, schema: pa.Schema, rows: Iterable[dict[str, Any]]) -> None:
        pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), self._empty(name, schema) / "rows.parquet")

    def ensure(self, name: str, schema: pa.Schema) -> None:
        present = self._folder / name / "columns.parquet"
        if not present.exists() or pq.read_schema(present) != schema:
            self.table(name, schema, [])

    def _empty(self, name: str, schema: pa.Schema) -> Path:
        folder = self._folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        pq.write_table(schema.empty_table(), folder / "columns.parquet")
        return folder
