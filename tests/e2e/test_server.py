"""The server's parts at work together: exports in S3, events through SQS, tables in PostgreSQL, a real Airflow."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.conftest import aws_environment, fresh_database
from tests.e2e.line import SAMPLE, Line, running
from throughline.ledger import Ledger
from throughline.sample import write
from throughline.settings import load

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

BUCKET, PREFIX = "exports-of-acme", "landing zone"


def client(service: str) -> Any:
    import boto3

    return boto3.client(service)


@pytest.fixture(scope="module")
def server(aws_server: str, postgres_server: str) -> Iterator[Line]:
    with (
        pytest.MonkeyPatch.context() as environment,
        fresh_database(postgres_server) as warehouse,
        tempfile.TemporaryDirectory() as home,
    ):
        aws_environment(aws_server, environment)
        client("s3").create_bucket(Bucket=BUCKET)
        queue = client("sqs").create_queue(QueueName="exports")["QueueUrl"]
        arn = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        client("s3").put_bucket_notification_configuration(
            Bucket=BUCKET,
            NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]},
        )
        use = load(
            {
                "THROUGHLINE_HOME": f"{home}/home",
                "THROUGHLINE_LANDING": f"s3://{BUCKET}/{PREFIX}",
                "THROUGHLINE_QUEUE": queue,
                "THROUGHLINE_WAREHOUSE": warehouse,
            }
        )
        with running(use, Path(home) / "airflow") as line:
            yield line


def test_objects_in_s3_reach_the_tables_in_postgresql_by_events_alone(server: Line, tmp_path: Path) -> None:
    files = write(tmp_path, **SAMPLE)
    for file in files:
        client("s3").put_object(
            Bucket=BUCKET, Key=f"{PREFIX}/{file.relative_to(tmp_path).as_posix()}", Body=file.read_bytes()
        )
    server.until_published(len(files))

    assert {entry.state for entry in Ledger(server.use.ledger).entries()} == {"published"}
    assert {run["run_type"] for run in server.runs("transform")} == {"asset_triggered"}
    taken = [run for run in server.runs("intake") if server.tasks(run).get("announce") == "success"]
    assert {run["run_type"] for run in taken} == {"asset_triggered"}
    with psycopg2.connect(server.use.warehouse) as connection, connection.cursor() as cursor:
        cursor.execute("set role throughline_bi")
        cursor.execute("select count(*), count(distinct metric_id) from kpi.kpi_value")
        rows, metrics = cursor.fetchone() or (0, 0)
    assert rows > 1000 and metrics > 20
    assert client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] > 0, "exports are never deleted"
