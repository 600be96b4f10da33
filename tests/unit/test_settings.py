"""Settings: defaults, the key, and refusals that name the variable and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from throughline.settings import load
from throughline.source import Refused


def test_defaults_lie_below_home(tmp_path: Path) -> None:
    use = load({"THROUGHLINE_HOME": str(tmp_path / "h")})
    assert use.landing == tmp_path / "h" / "landing"
    assert use.warehouse == f"duckdb:///{tmp_path / 'h' / 'warehouse.duckdb'}"
    assert use.min_cohort == 10


def test_the_key_is_made_once_with_mode_0600(tmp_path: Path) -> None:
    first, second = (load({"THROUGHLINE_HOME": str(tmp_path)}).key for _ in range(2))
    assert first == second
    assert len(first) >= 32
    assert (tmp_path / "pseudonym.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("length", "refused"), [(31, True), (32, False), (33, False)])
def test_a_short_key_is_refused(tmp_path: Path, length: int, refused: bool) -> None:
    environ = {"THROUGHLINE_HOME": str(tmp_path), "THROUGHLINE_KEY": "k" * length}
    if refused:
        with pytest.raises(Refused, match=r"THROUGHLINE_KEY: shorter than 32 bytes; make one with"):
            load(environ)
    else:
        assert load(environ).key == b"k" * length


@pytest.mark.parametrize(("value", "refused"), [("4", True), ("5", False), ("6", False), ("ten", True)])
def test_the_minimum_cohort_has_a_floor(tmp_path: Path, value: str, refused: bool) -> None:
    environ = {"THROUGHLINE_HOME": str(tmp_path), "THROUGHLINE_MIN_COHORT": value}
    if refused:
        with pytest.raises(Refused, match="THROUGHLINE_MIN_COHORT"):
            load(environ)
    else:
        assert load(environ).min_cohort == int(value)


@pytest.mark.parametrize(
    ("name", "value"), [("THROUGHLINE_WAREHOUSE", "oracle://x"), ("THROUGHLINE_LANDING", "ftp://x")]
)
def test_an_unknown_engine_or_landing_zone_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(Refused, match=name):
        load({"THROUGHLINE_HOME": str(tmp_path), name: value})


def test_a_landing_zone_in_s3_and_its_queue(tmp_path: Path) -> None:
    queue = "https://sqs.eu-central-1.amazonaws.com/123456789012/exports"
    environ = {
        "THROUGHLINE_HOME": str(tmp_path),
        "THROUGHLINE_LANDING": "s3://exports/acme/",
        "THROUGHLINE_QUEUE": queue,
    }
    use = load(environ)
    assert str(use.landing) == "s3://exports/acme"
    assert use.queue == queue
    assert not (tmp_path / "landing").exists()


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"THROUGHLINE_LANDING": "s3://"}, "THROUGHLINE_LANDING: is no place in S3; write s3://bucket/prefix"),
        ({"THROUGHLINE_LANDING": "s3://a b/c"}, "THROUGHLINE_LANDING: is no place in S3; write s3://bucket/prefix"),
        ({"THROUGHLINE_QUEUE": "https://queue"}, "THROUGHLINE_QUEUE: a queue tells of exports in S3"),
        ({"THROUGHLINE_LANDING": "s3://abc", "THROUGHLINE_QUEUE": "exports"}, "THROUGHLINE_QUEUE: is not the URL of a"),
    ],
)
def test_a_place_or_queue_that_is_none_is_refused(tmp_path: Path, environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        load({"THROUGHLINE_HOME": str(tmp_path), **environ})
    assert refused.value.sentence.startswith(sentence)
