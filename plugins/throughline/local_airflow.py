"""An Airflow of our own on this machine: four processes on 127.0.0.1, free ports, and nothing left behind.

For the demo, `make up` and the end-to-end tests; a server runs docker-compose.yml instead. Everything lies in one
folder (metadata database, logs, secrets with mode 0600). The password is made, never a default. Each process leads
a session of its own, so all its children can be found and ended even after they were orphaned.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from throughline.settings import PROJECT, Settings, quiet_environment
from throughline.source import Refused

COMPONENTS: Final = ("api-server", "scheduler", "dag-processor", "triggerer")
USER: Final = "ops"
WRITER_POOL: Final = "warehouse_writer"
HEALTHY_WITHIN_SECONDS: Final = 120.0
ENDED_WITHIN_SECONDS: Final = 12.0
# Once for all tasks: each task reads its DAG file, and these imports are nine tenths of the time. Not among them is
# great_expectations: it imports pyspark, and that ends a process whose __main__ is no file, as the forkserver's.
PRELOADED: Final = (
    "airflow.dag_processing.dagbag",
    "airflow.executors.local_executor",
    "airflow.providers.standard.operators.python",
    "airflow.sdk.execution_time.task_runner",
    "throughline.assets",
)
FOREIGN: Final = ("AIRFLOW", "THROUGHLINE_")  # settings of another installation must not leak into this one


@dataclass
class LocalAirflow:
    """One Airflow below `home`, working on the landing zone and warehouse of `settings`."""

    settings: Settings
    home: Path
    parallelism: int = 4
    parse_seconds: int = 30
    port: int = 0
    password: str = ""
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _environment: dict[str, str] = field(default_factory=dict)
    _token: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    def configure(self, port: int = 0) -> None:
        """Make the folder and its secrets once, and choose ports. port: the wished one; another when it is taken."""
        self.logs.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)
        self.port = port if port and _is_free(port) else _free_port()
        self.password = self._secret("password", lambda: secrets.token_urlsafe(18))
        passwords = self.home / "passwords.json"
        passwords.touch(mode=0o600)
        passwords.write_text(json.dumps({USER: self.password}))
        self._environment = self._make_environment()

    def migrate(self) -> None:
        """Create or upgrade the metadata database. Raises Refused."""
        log = self.logs / "migrate.log"
        with log.open("wb") as stream:
            done = subprocess.run(  # noqa: S603  # our own arguments
                [_program(), "db", "migrate"], env=self._environment, stdout=stream, stderr=stream, check=False
            )
        if done.returncode:
            raise Refused("Airflow's metadata database cannot be set up", where=str(log))

    def start(self) -> None:
        """Start the four processes; they write to logs/<component>.log."""
        for component in COMPONENTS:
            with (self.logs / f"{component}.log").open("ab") as stream:
                self._processes[component] = self._popen([component], stream)

    def wait_until_healthy(self, dags: int, on_progress: Callable[[str], None] = lambda _: None) -> None:
        """Return when all components report healthy and the DAGs are parsed. Raises Refused saying what is missing."""
        deadline = time.monotonic() + HEALTHY_WITHIN_SECONDS
        missing = "the API server does not answer"
        while time.monotonic() < deadline:
            self.check_alive()
            try:
                missing = self._unhealthy() or self._unparsed(dags)
            except OSError:
                missing = "the API server does not answer"
            if not missing:
                return
            on_progress(missing)
            time.sleep(0.5)
        raise Refused(f"Airflow is not ready: {missing}", where=str(self.logs))

    def check_alive(self) -> None:
        """Raises Refused when a component has ended."""
        for component, process in self._processes.items():
            if process.poll() is not None:
                raise Refused(f"{component} ended", where=str(self.logs / f"{component}.log"))

    def make_pool(self) -> None:
        """The one-slot pool of the tasks that open the warehouse."""
        pool = {"name": WRITER_POOL, "slots": 1, "description": "one process at a time may have the warehouse open"}
        self.api("POST", "/api/v2/pools", pool, accepted=(201, 409))

    def api(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, accepted: tuple[int, ...] = (200, 201, 204)
    ) -> dict[str, Any]:
        """One call of Airflow's REST API. Raises OSError when it does not answer, Refused when it says no."""
        import httpx

        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            answer = httpx.request(method, self.url + path, json=body, headers=headers, timeout=20)
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                credentials = {"username": USER, "password": self.password}
                login = httpx.post(self.url + "/auth/token", json=credentials, timeout=20)
                self._token = login.json().get("access_token", "")
                headers = {"Authorization": f"Bearer {self._token}"}
                answer = httpx.request(method, self.url + path, json=body, headers=headers, timeout=20)
        except (httpx.HTTPError, ValueError) as error:
            raise OSError(type(error).__name__) from None
        if answer.status_code not in accepted:
            raise Refused(f"Airflow answers {answer.status_code} to {method} {path}", where=str(self.logs))
        return dict(answer.json()) if answer.content else {}

    def stop(self) -> None:
        """End every process of every component, children and orphans included. Can be called at any time, twice too."""
        sessions = {process.pid for process in self._processes.values()}
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + ENDED_WITHIN_SECONDS
        while time.monotonic() < deadline and any(_members(sessions)):
            for process in self._processes.values():
                process.poll()  # takes note of the ended one, so that it is no member any more
            time.sleep(0.1)
        while left := list(_members(sessions)):
            for pid in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        for process in self._processes.values():
            process.wait()
        self._processes.clear()

    def _make_environment(self) -> dict[str, str]:
        """What the components see: this machine's environment without other Airflows, and our choices."""
        inherited = {k: v for k, v in quiet_environment().items() if not k.startswith(FOREIGN)}
        ours: dict[str, dict[str, Any]] = {
            "core": {
                "auth_manager": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
                "dags_are_paused_at_creation": "False",
                "dags_folder": PROJECT / "dags",
                "execution_api_server_url": f"{self.url}/execution/",
                "executor": "LocalExecutor",
                "fernet_key": self._secret("fernet_key", _fernet_key),
                "load_examples": "False",
                "mp_forkserver_preload": ",".join(PRELOADED),
                "parallelism": self.parallelism,
                "plugins_folder": PROJECT / "plugins",
                "simple_auth_manager_passwords_file": self.home / "passwords.json",
                "simple_auth_manager_users": f"{USER}:admin",
            },
            "api": {
                "base_url": self.url,
                "host": "127.0.0.1",
                "port": self.port,
                "secret_key": self._secret("secret_key", secrets.token_hex),
                "workers": 1,
            },
            "api_auth": {"jwt_secret": self._secret("jwt_secret", secrets.token_hex)},
            "dag_processor": {"min_file_process_interval": self.parse_seconds, "refresh_interval": self.parse_seconds},
            "database": {"sql_alchemy_conn": f"sqlite:///{self.home / 'airflow.db'}"},
            "logging": {
                "base_log_folder": self.logs / "tasks",
                "trigger_log_server_port": _free_port(),
                "worker_log_server_port": _free_port(),
            },
            "scheduler": {
                "mp_start_method": "forkserver",
                "task_instance_heartbeat_timeout": 60,  # a killed task is noticed within a minute
            },
            "usage_data_collection": {"enabled": "False"},
        }
        options = {f"AIRFLOW__{s}__{k}".upper(): str(v) for s, values in ours.items() for k, v in values.items()}
        return {
            **inherited,
            **options,
            "AIRFLOW_HOME": str(self.home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{inherited.get('PATH', '')}",
            "PYTHONPATH": os.pathsep.join([str(PROJECT / "plugins"), str(PROJECT)]),
            "THROUGHLINE_HOME": str(self.settings.home),
            "THROUGHLINE_KEY": self.settings.key.decode(),
            "THROUGHLINE_LANDING": str(self.settings.landing),
            "THROUGHLINE_QUEUE": self.settings.queue,
            "THROUGHLINE_MIN_COHORT": str(self.settings.min_cohort),
            "THROUGHLINE_WAREHOUSE": self.settings.warehouse,
        }

    def _popen(self, arguments: list[str], stream: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603  # our own arguments
            [_program(), *arguments],
            env=self._environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )

    def _secret(self, name: str, make: Callable[[], str]) -> str:
        """A secret made once and kept with mode 0600."""
        path = self.home / f".{name}"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(make())
        return path.read_text()

    def _unhealthy(self) -> str:
        health = self.api("GET", "/api/v2/monitor/health")
        names = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        ill = [name for name in names if (health.get(name) or {}).get("status") != "healthy"]
        return f"waiting for {', '.join(ill)}" if ill else ""

    def _unparsed(self, dags: int) -> str:
        errors = self.api("GET", "/api/v2/importErrors").get("import_errors", [])
        if errors:
            last_line = errors[0]["stack_trace"].strip().splitlines()[-1]
            raise Refused(f"a DAG file cannot be read: {last_line}", where=errors[0]["filename"])
        known = self.api("GET", "/api/v2/dags?limit=100").get("total_entries", 0)
        return f"{known} of {dags} DAGs are parsed" if known < dags else ""


def _program() -> str:
    return str(Path(sys.executable).with_name("airflow"))


def _fernet_key() -> str:
    import base64

    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _members(sessions: set[int]) -> Iterator[int]:
    """Living processes of these sessions."""
    import psutil  # type: ignore[import-untyped]  # ships no types

    for process in psutil.process_iter(["status"]):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(process.pid) in sessions and process.info["status"] != psutil.STATUS_ZOMBIE:
                yield process.pid
