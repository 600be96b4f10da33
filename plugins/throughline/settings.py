"""The only reader of the environment. Everything else takes a `Settings`."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from throughline.landing import S3Url
from throughline.source import Refused

PROJECT: Final = Path(__file__).resolve().parents[2]
MIN_COHORT_FLOOR: Final = 5  # published practice (Viva Insights, Adoption Score) never goes below
KEY_BYTES: Final = 32

QUIET: Final[Mapping[str, str]] = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
}


@dataclass(frozen=True)
class Settings:
    """Where things are and the few choices a user has.

    Paths are absolute; warehouse is the URL of an engine; queue the URL of an SQS queue, "" for none.
    """

    home: Path
    landing: Path | S3Url
    warehouse: str
    key: bytes
    min_cohort: int
    queue: str = ""
    project: Path = PROJECT

    @property
    def lake(self) -> Path:
        return self.home / "lake"

    @property
    def ledger(self) -> Path:
        return self.home / "ledger.sqlite"

    @property
    def published(self) -> Path:
        """What BI tools open when the engine is DuckDB."""
        return self.home / "published.duckdb"

    @property
    def dbt_project(self) -> Path:
        return self.project / "dbt_project"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment (design.md, public surface). Raises Refused with the variable's name and remedy."""
    environ = os.environ if environ is None else environ
    home = Path(environ.get("THROUGHLINE_HOME") or "var").absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"cannot be created ({error.strerror})", where=f"THROUGHLINE_HOME={home}") from None
    return Settings(
        home=home,
        landing=(landing := _landing(environ, home)),
        warehouse=_warehouse(environ, home),
        key=_key(environ, home),
        min_cohort=_min_cohort(environ),
        queue=_queue(environ, landing),
    )


def quiet_environment() -> dict[str, str]:
    """The environment for programs that we start: the present one with all telemetry switched off."""
    return {**os.environ, **QUIET}


def export(values: Mapping[str, str]) -> None:
    """Put these into this process's environment, without telemetry: for a library that reads its settings there."""
    os.environ.update({**values, **QUIET})


def _landing(environ: Mapping[str, str], home: Path) -> Path | S3Url:
    value = environ.get("THROUGHLINE_LANDING") or str(home / "landing")
    if value.startswith("s3://"):
        try:
            return S3Url.parse(value)
        except Refused as refused:
            raise Refused(refused.what, where="THROUGHLINE_LANDING", remedy=refused.remedy) from None
    if "://" in value and not value.startswith("file://"):
        raise Refused(
            f"{value.split('://')[0]}:// is not a landing zone this version reads",
            where="THROUGHLINE_LANDING",
            remedy="give a folder or s3://bucket/prefix",
        )
    landing = Path(value.removeprefix("file://")).absolute()
    landing.mkdir(parents=True, exist_ok=True)
    return landing


def _queue(environ: Mapping[str, str], landing: Path | S3Url) -> str:
    value = environ.get("THROUGHLINE_QUEUE") or ""
    if value and not value.startswith(("https://", "http://")):
        raise Refused(
            "is not the URL of a queue",
            where="THROUGHLINE_QUEUE",
            remedy="give it as SQS shows it: https://sqs.<region>.amazonaws.com/<account>/<name>",
        )
    if value and isinstance(landing, Path):
        raise Refused(
            "a queue tells of exports in S3, and the landing zone is a folder, which is watched by itself",
            where="THROUGHLINE_QUEUE",
            remedy="set THROUGHLINE_LANDING to s3://bucket/prefix, or leave the queue out",
        )
    return value


def _warehouse(environ: Mapping[str, str], home: Path) -> str:
    return warehouse_url(environ.get("THROUGHLINE_WAREHOUSE") or "", home, where="THROUGHLINE_WAREHOUSE")


def warehouse_url(given: str, home: Path, *, where: str) -> str:
    """The URL of an engine that we know, "" being DuckDB in `home`. Raises Refused naming `where` it was given."""
    value = given or f"duckdb:///{home / 'warehouse.duckdb'}"
    if value.startswith("duckdb:///"):
        return f"duckdb:///{Path(value.removeprefix('duckdb:///')).absolute()}"
    if value.startswith(("postgresql://", "spark://")):
        return value
    raise Refused(
        f"{value.split('://')[0]} is not an engine this version knows",
        where=where,
        remedy="give duckdb:///path/to/warehouse.duckdb , postgresql://user@host/database, spark://host:7077 or spark://local",
    )


def _key(environ: Mapping[str, str], home: Path) -> bytes:
    """The pseudonym key: given, or made once and kept beside the data with mode 0600."""
    if given := environ.get("THROUGHLINE_KEY"):
        if len(given.encode()) < KEY_BYTES:
            raise Refused(
                f"shorter than {KEY_BYTES} bytes", where="THROUGHLINE_KEY", remedy="make one with: openssl rand -hex 32"
            )
        return given.encode()
    path = home / "pseudonym.key"
    if not path.exists():
        draft = home / f".pseudonym.key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(KEY_BYTES))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # of two processes that start together, the first one's key stands
        draft.unlink()
    key = path.read_text().strip().encode()
    if len(key) < KEY_BYTES:
        raise Refused(
            f"shorter than {KEY_BYTES} bytes", where=str(path), remedy="restore the key that this data was made with"
        )
    return key


def _min_cohort(environ: Mapping[str, str]) -> int:
    value = environ.get("THROUGHLINE_MIN_COHORT") or "10"
    if not value.isdigit() or int(value) < MIN_COHORT_FLOOR:
        raise Refused(
            f"{value!r} is not a whole number of at least {MIN_COHORT_FLOOR}",
            where="THROUGHLINE_MIN_COHORT",
            remedy="smaller groups would show individual people",
        )
    return int(value)
