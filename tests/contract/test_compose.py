"""docker-compose.yml and the image, read by tools that need no daemon: what a server operator relies on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import PROJECT
from throughline.settings import QUIET

SECRETS = {
    "POSTGRES_PASSWORD", "WAREHOUSE_PASSWORD", "AIRFLOW_SECRET_KEY", "AIRFLOW_JWT_SECRET", "AIRFLOW_ADMIN_PASSWORD",
    "AIRFLOW_FERNET_KEY",
}  # fmt: skip
ONE_SHOT = {"set-up", "s3-set-up"}
PROFILES = {"s3": {"s3", "s3-set-up"}, "spark": {"spark-master", "spark-worker"}, "celery": {"redis", "celery-worker"}}


def compose(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("podman-compose")
    return subprocess.run(
        [program, "--dry-run", "--file", PROJECT / "docker-compose.yml", *arguments],
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """All services with their variables filled in."""
    secrets = {name: f"secret-of-{name}" for name in SECRETS}
    profiles = [part for profile in PROFILES for part in ("--profile", profile)]
    done = compose(*profiles, "config", environment=secrets)
    assert done.returncode == 0, done.stderr
    return dict(yaml.safe_load(done.stdout)["services"])


@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_a_missing_secret_is_named_and_none_has_a_default(missing: str) -> None:
    done = compose("config", environment=dict.fromkeys(SECRETS - {missing}, "x"))
    assert done.returncode != 0
    assert f"set {missing} in .env" in done.stderr


def test_the_parts_of_an_airflow_are_there_and_profiles_add_theirs(services: dict[str, dict[str, Any]]) -> None:
    plain = {name for name, service in services.items() if not service.get("profiles")}
    assert plain == {"postgres", "set-up", "api-server", "scheduler", "dag-processor", "triggerer"}
    for profile, wanted in PROFILES.items():
        assert {name for name, service in services.items() if profile in service.get("profiles", [])} == wanted


def test_images_are_pinned_and_memory_is_bounded(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert re.search(r":\d+\.\d+(\.\d+)?(-\w+)?$", service["image"]), f"{name}: {service['image']}"
        assert service.get("mem_limit"), name
    assert re.search(r"^FROM python:\d+\.\d+\.\d+-", (PROJECT / "Dockerfile").read_text(), re.M)


def test_what_ends_comes_back_and_is_watched(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped"), name
        assert bool(service.get("healthcheck")) != (name in ONE_SHOT), name


def test_everything_listens_on_this_machine_only(services: dict[str, dict[str, Any]]) -> None:
    ports = [str(port) for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_metadata_and_warehouse_are_two_databases(services: dict[str, dict[str, Any]]) -> None:
    environment = services["scheduler"]["environment"]
    metadata, warehouse = environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"], environment["THROUGHLINE_WAREHOUSE"]
    assert metadata.endswith("@postgres/airflow")
    assert warehouse == "postgresql://throughline:secret-of-WAREHOUSE_PASSWORD@postgres/throughline"


def test_docker_itself_reads_it() -> None:
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not installed: docker-compose.yml was read by podman-compose only")
    subprocess.run(
        ["docker", "compose", "config", "--quiet"],
        cwd=PROJECT,
        env={**os.environ, **dict.fromkeys(SECRETS, "x")},
        check=True,
    )


def test_the_script_that_makes_the_warehouse_is_sound_shell() -> None:
    content = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["configs"]["warehouse"]["content"]
    subprocess.run(["bash", "-n"], input=content.replace("$$", "$"), text=True, check=True)


def test_the_image_copies_what_is_there_and_runs_without_rights() -> None:
    lines = (PROJECT / "Dockerfile").read_text().splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY")]
    assert set(copied) == {"requirements.lock", "dags", "dbt_project", "expectations", "plugins"}
    assert all((PROJECT / name).exists() for name in copied)
    assert "USER airflow" in lines
    assert not [line for line in lines[lines.index("USER airflow") :] if line.startswith("RUN")]


def test_the_image_environment_finds_the_project_and_keeps_quiet() -> None:
    """The ENV lines of the Dockerfile, with the image's folder standing for this one."""
    text = (PROJECT / "Dockerfile").read_text().replace("\\\n", " ")
    pairs = dict(re.findall(r"([A-Z_]+)=(\S+)", " ".join(line for line in text.splitlines() if line.startswith("ENV"))))
    image = {name: value.replace("/opt/throughline", str(PROJECT)) for name, value in pairs.items()}
    assert {name: image[name] for name in QUIET} == dict(QUIET)
    code = (
        "import throughline, expectations, pathlib, os; print(pathlib.Path(os.environ['AIRFLOW__CORE__DAGS_FOLDER']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PATH": os.environ["PATH"], **image}, capture_output=True, check=True
    )
    assert sorted(path.name for path in Path(done.stdout.decode().strip()).glob("*.py")) == [
        "intake.py", "maintain.py", "transform.py",
    ]  # fmt: skip
