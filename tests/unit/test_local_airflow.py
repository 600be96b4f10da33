"""What holds for our own Airflow before it runs: secrets, ports, environment; and that ending it leaves nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from throughline import demo, local_airflow
from throughline.local_airflow import LocalAirflow
from throughline.settings import Settings
from throughline.source import Refused


@pytest.fixture
def airflow(settings: Settings, tmp_path: Path) -> LocalAirflow:
    made = LocalAirflow(settings, tmp_path / "airflow")
    made.configure()
    return made


def test_secrets_are_made_once_and_readable_by_the_owner_only(airflow: LocalAirflow, settings: Settings) -> None:
    assert len(airflow.password) >= 20
    files = [path for path in airflow.home.iterdir() if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    again = LocalAirflow(settings, airflow.home)
    again.configure()
    assert again.password == airflow.password
    assert again._environment["AIRFLOW__CORE__FERNET_KEY"] == airflow._environment["AIRFLOW__CORE__FERNET_KEY"]


def test_two_airflows_share_neither_password_nor_ports(
    airflow: LocalAirflow, settings: Settings, tmp_path: Path
) -> None:
    other = LocalAirflow(settings, tmp_path / "other")
    other.configure()
    assert other.password != airflow.password
    assert other.port != airflow.port


def test_it_listens_on_this_machine_only(airflow: LocalAirflow) -> None:
    assert airflow._environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert airflow.url.startswith("http://127.0.0.1:")


def test_settings_of_another_airflow_do_not_leak_in(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "99")
    monkeypatch.setenv("THROUGHLINE_MIN_COHORT", "7")
    made = LocalAirflow(settings, tmp_path / "airflow")
    made.configure()
    assert made._environment["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert made._environment["AIRFLOW__CORE__PARALLELISM"] == "4"
    assert made._environment["THROUGHLINE_MIN_COHORT"] == str(settings.min_cohort)


def test_telemetry_is_off(airflow: LocalAirflow) -> None:
    assert airflow._environment["DO_NOT_TRACK"] == "1"


def test_a_taken_port_is_replaced(settings: Settings, tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        made = LocalAirflow(settings, tmp_path / "airflow")
        made.configure(port)
        assert made.port != port


def test_ending_ends_children_that_ignore_it_and_orphans(
    airflow: LocalAirflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_airflow, "ENDED_WITHIN_SECONDS", 0.5)
    marker = tmp_path / "pids"
    stubborn = (
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "if os.fork() == 0 and os.fork() == 0:\n"  # the grandchild is orphaned in a process group of its own
        "    os.setpgid(0, 0)\n"
        f"    open({str(marker)!r}, 'w').write(str(os.getpid()))\n"
        "time.sleep(600)\n"
    )
    airflow._processes["scheduler"] = subprocess.Popen([sys.executable, "-c", stubborn], start_new_session=True)
    deadline = time.monotonic() + 30
    while not (marker.exists() and marker.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    pids = [int(marker.read_text()), airflow._processes["scheduler"].pid]
    airflow.stop()
    for pid in pids:
        assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    airflow.stop()  # twice is harmless


def test_a_component_that_ended_is_told(airflow: LocalAirflow) -> None:
    airflow._processes["triggerer"] = subprocess.Popen([sys.executable, "-c", ""], start_new_session=True)
    airflow._processes["triggerer"].wait()
    with pytest.raises(Refused, match="triggerer ended"):
        airflow.check_alive()
    airflow.stop()


def test_the_demo_removes_only_what_a_demo_made(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep")
    with pytest.raises(Refused, match="not made by the demo"):
        demo._empty(tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").exists()
    demo._empty(tmp_path / "new")
    (tmp_path / "new" / "left.txt").write_text("over")
    demo._empty(tmp_path / "new")
    assert not (tmp_path / "new" / "left.txt").exists()


def test_two_demos_do_not_share_a_home(tmp_path: Path) -> None:
    def work() -> None:
        with demo._only_one(tmp_path / "demo"):
            pass

    with demo._only_one(tmp_path / "demo"), pytest.raises(Refused, match="is in use"):
        work()
    work()
