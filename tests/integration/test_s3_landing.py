"""A landing zone in S3 does what the folder does: the same files, the same bytes, the same sentences."""

from __future__ import annotations

import io
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fixtures import slack
from tests.integration.test_bad_input import BAD, ingest, slack_export
from throughline import cli, intake, landing, landing_s3
from throughline.landing import Archive, S3Url
from throughline.ledger import Ledger
from throughline.sample import write
from throughline.settings import Settings, load
from throughline.source import Refused, Unreachable

PREFIX = "landing/acme"


OTHER_EXPORT = slack_export({"general/2023-11-15.json": [slack.message(3)]})


def client(service: str) -> Any:
    import boto3

    return boto3.client(service)


@pytest.fixture
def in_s3(settings: Settings, bucket: str) -> Settings:
    """Settings of a home of its own whose landing zone is a prefix of a bucket."""
    return replace(settings, landing=S3Url(bucket, PREFIX))


def drop(use: Settings, name: str, content: bytes) -> None:
    assert isinstance(use.landing, S3Url)
    client("s3").put_object(Bucket=use.landing.bucket, Key=use.landing.key(name), Body=content)


def states(use: Settings) -> list[tuple[str, str, str | None]]:
    return [(entry.name, entry.state, entry.reason) for entry in Ledger(use.ledger).entries()]


class Requests:
    """What a zone asks of S3: [(operation, range)]; `bytes_asked` over all ranges."""

    def __init__(self, zone: landing_s3.Bucket) -> None:
        self.seen: list[tuple[str, str]] = []
        zone._client.meta.events.register("before-send.s3", self._note)

    def _note(self, request: Any, event_name: str, **_: Any) -> None:
        span = request.headers.get("Range", b"")
        self.seen.append((event_name.rsplit(".", 1)[1], span.decode() if isinstance(span, bytes) else span))

    @property
    def ranges(self) -> list[tuple[int, int]]:
        spans = [span.removeprefix("bytes=").split("-") for operation, span in self.seen if operation == "GetObject"]
        return [(int(start), int(end)) for start, end in spans]

    @property
    def bytes_asked(self) -> int:
        return sum(end - start + 1 for start, end in self.ranges)


# -- the same as the folder ----------------------------------------------------------------------------------------


def test_exports_land_as_the_same_bytes_from_a_folder_and_from_s3(
    settings: Settings, bucket: str, tmp_path: Path, at: datetime
) -> None:
    url = f"s3://{bucket}/{PREFIX}/"
    there = load({"THROUGHLINE_HOME": str(tmp_path / "s3"), "THROUGHLINE_KEY": "k" * 32, "THROUGHLINE_LANDING": url})
    files = write(tmp_path / "exports", people=20, weeks=12, seed=7)
    for path in files:
        name = path.relative_to(tmp_path / "exports").as_posix()
        for use in (settings, there):
            landing.zone(use.landing).put(path, name)
    later = at + timedelta(days=400)
    taken = ingest(settings, later)
    assert ingest(there, later) == taken
    assert {one.state for one in taken.values()} == {"loaded"}
    assert len(taken) == len(files)
    assert tree(there.lake) == tree(settings.lake)
    assert any(name.startswith("raw/slack/messages/") for name in tree(there.lake))
    assert Ledger(there.ledger).entries() == Ledger(settings.ledger).entries()


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_bad_input_is_refused_with_the_same_sentences(settings: Settings, in_s3: Settings, at: datetime) -> None:
    there = replace(in_s3, home=in_s3.home / "s3")
    for name, content, *_ in [*BAD.values(), ("slack/good.zip", slack_export())]:
        drop(there, name, content)
        path = settings.home / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    later = at + timedelta(days=1)
    ingest(settings, later)
    ingest(there, later)
    assert states(there) == states(settings)
    assert {state for _, state, _ in states(there)} == {"loaded", "quarantined"}


def test_listing_below_the_prefix_over_pages_without_what_is_no_export(in_s3: Settings, at: datetime) -> None:
    names = [f"slack/{number}.zip" for number in range(8)] + ["people/Ä b+ü 100%.csv", "stray.zip"]
    np.random.default_rng(7).shuffle(names)
    for name in [*names, "slack/", "slack/.hidden.zip", ".trash/a.zip", "slack/a.zip.part", "slack/a.TMP"]:
        drop(in_s3, name, b"x")
    url = in_s3.landing
    assert isinstance(url, S3Url)
    for key in ("landing/acme2/slack/a.zip", "landing/acme.zip", "slack/a.zip"):
        client("s3").put_object(Bucket=url.bucket, Key=key, Body=b"x")
    zone = landing.zone(url)
    assert isinstance(zone, landing_s3.Bucket)
    asked = Requests(zone)
    found = zone.listing(at)
    assert [one.name for one in found] == sorted(names)
    assert {one.source for one in found} == {"", "people", "slack"}
    assert len(asked.seen) > 3  # the double gives three keys a page


def test_a_sweep_reads_nothing_again(in_s3: Settings, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(in_s3, "slack/a.zip", slack_export())
    ingest(in_s3, at)
    monkeypatch.setattr(landing_s3.Bucket, "content", None)
    assert intake.discover(in_s3, at=at) == []


def test_identity_is_the_content(in_s3: Settings, at: datetime) -> None:
    content = slack_export()
    drop(in_s3, "slack/a.zip", content)
    ingest(in_s3, at)
    drop(in_s3, "slack/a.zip", content)  # again: another time, the same content
    drop(in_s3, "slack/b.zip", content)
    assert ingest(in_s3, at) == {}
    drop(in_s3, "slack/a.zip", OTHER_EXPORT)
    ingest(in_s3, at)
    assert sorted((name, state) for name, state, _ in states(in_s3)) == [
        ("slack/a.zip", "loaded"),
        ("slack/a.zip", "superseded"),
        ("slack/b.zip", "duplicate"),
    ]


def test_the_command_line_puts_given_files_into_the_bucket(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "my export.zip"
    path.write_bytes(slack_export())
    monkeypatch.setenv("THROUGHLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("THROUGHLINE_LANDING", f"s3://{bucket}/{PREFIX}")
    monkeypatch.setattr(sys, "argv", ["throughline", "ingest", "--source", "slack", "--json", str(path)])
    with pytest.raises(SystemExit, match="0"):
        cli.main()
    assert '"name": "slack/my export.zip", "source": "slack", "state": "loaded"' in capsys.readouterr().out
    assert client("s3").head_object(Bucket=bucket, Key=f"{PREFIX}/slack/my export.zip")


# -- reading by range ----------------------------------------------------------------------------------------------


def big_zip(members: int, member_bytes: int) -> bytes:
    """A ZIP that does not deflate: its size is that of its members."""
    noise = np.random.default_rng(7)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(members):
            archive.writestr(f"general/{number:04}.json", noise.bytes(member_bytes))
    return buffer.getvalue()


def test_the_directory_of_a_big_archive_costs_one_small_request(in_s3: Settings) -> None:
    content = big_zip(1_000, 20_000)
    drop(in_s3, "slack/big.zip", content)
    zone = landing.zone(in_s3.landing)
    assert isinstance(zone, landing_s3.Bucket)
    asked = Requests(zone)
    with Archive(zone.content("slack/big.zip"), "slack/big.zip") as archive:
        assert len(archive.members()) == 1_000
        assert [operation for operation, _ in asked.seen] == ["HeadObject", "GetObject"]
        assert asked.bytes_asked <= landing_s3.FIRST_BLOCK_BYTES
        archive.read("general/0500.json")
        assert asked.bytes_asked <= 3 * landing_s3.FIRST_BLOCK_BYTES
        assert sum(len(archive.read(member)) for member in archive.members()) == 20_000_000
    assert len(asked.ranges) < 15
    assert asked.bytes_asked < 1.1 * len(content)


def test_a_file_is_fetched_once_and_hashed_and_parsed_from_there(in_s3: Settings) -> None:
    content = big_zip(100, 20_000)
    drop(in_s3, "slack/a.zip", content)
    zone = landing.zone(in_s3.landing)
    assert isinstance(zone, landing_s3.Bucket)
    asked = Requests(zone)
    held = zone.content("slack/a.zip")
    landing.content_hash(held)
    with Archive(held, "slack/a.zip") as archive:
        assert sum(len(piece) for member in archive.members() for piece in archive.chunks(member)) == 2_000_000
    assert asked.bytes_asked == len(content)


def test_memory_is_bounded(in_s3: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landing_s3, "CACHE_BYTES", 1_000_000)
    monkeypatch.setattr(landing_s3, "LARGEST_BLOCK_BYTES", 500_000)
    drop(in_s3, "slack/a.zip", bytes(5_000_000))
    held = landing.zone(in_s3.landing).content("slack/a.zip")
    assert isinstance(held, landing_s3.S3Object)
    with held.open("rb") as stream:
        while stream.read(100_000):
            assert sum(len(data) for _, data in held._blocks) <= 1_000_000


def test_random_reads_give_what_a_file_on_disk_gives(in_s3: Settings, tmp_path: Path) -> None:
    content = np.random.default_rng(7).bytes(1_500_000)
    drop(in_s3, "x/a", content)
    (tmp_path / "a").write_bytes(content)
    chance = np.random.default_rng(8)
    with landing.zone(in_s3.landing).content("x/a").open("rb") as there, (tmp_path / "a").open("rb") as here:
        for _ in range(400):
            match int(chance.integers(3)):
                case 0:
                    offset = int(chance.integers(-1_600_000, 100))
                    assert outcome(there, offset, io.SEEK_END) == outcome(here, offset, io.SEEK_END)
                case 1:
                    offset = int(chance.integers(1_600_000))
                    assert there.seek(offset) == here.seek(offset)
                case 2:
                    size = int(chance.choice([0, 1, 30, 5_000, 70_000, 400_000]))
                    assert there.read(size) == here.read(size)
            assert there.tell() == here.tell()


def outcome(stream: Any, offset: int, whence: int) -> int | type[Exception]:
    try:
        return stream.seek(offset, whence)
    except (OSError, ValueError):
        return OSError


def test_a_transfer_that_breaks_off_is_taken_up_again(in_s3: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import IncompleteReadError
    from botocore.response import StreamingBody

    drop(in_s3, "x/a", b"0123456789")
    real, left = StreamingBody.read, [2]

    def breaking(self: StreamingBody, amt: int | None = None) -> bytes:
        if left[0]:
            left[0] -= 1
            raise IncompleteReadError(actual_bytes=3, expected_bytes=10)
        return real(self, amt)

    monkeypatch.setattr(StreamingBody, "read", breaking)
    held = landing.zone(in_s3.landing).content("x/a")
    assert held.open("rb").read() == b"0123456789"
    left[0] = landing_s3.TRIES
    with pytest.raises(Unreachable, match="x/a: the endpoint cannot be reached"):
        landing.zone(in_s3.landing).content("x/a").open("rb").read()


# -- what goes wrong -----------------------------------------------------------------------------------------------


def test_a_file_that_is_replaced_while_it_is_read_is_not_read_half(in_s3: Settings) -> None:
    drop(in_s3, "slack/a.zip", big_zip(100, 20_000))
    with Archive(landing.zone(in_s3.landing).content("slack/a.zip"), "slack/a.zip") as archive:
        drop(in_s3, "slack/a.zip", big_zip(99, 20_000))
        with pytest.raises(Refused, match=r"slack/a\.zip: changed while it was waiting"):
            archive.read("general/0000.json")


def test_a_file_that_changes_or_goes_between_listing_and_taking_says_so(in_s3: Settings, at: datetime) -> None:
    drop(in_s3, "slack/a.zip", slack_export())
    drop(in_s3, "slack/b.zip", OTHER_EXPORT)
    first, second = intake.discover(in_s3, at=at)
    drop(in_s3, "slack/a.zip", slack_export()[:-40])
    url = in_s3.landing
    assert isinstance(url, S3Url)
    client("s3").delete_object(Bucket=url.bucket, Key=url.key("slack/b.zip"))
    taken = [intake.take(in_s3, one["name"], one["file_id"], at=at) for one in (first, second)]
    assert [one.state for one in taken] == ["quarantined", "quarantined"]
    assert "changed while it was waiting" in taken[0].sentence
    assert "no longer in the landing zone" in taken[1].sentence


def test_an_endpoint_that_falls_silent_quarantines_nothing_and_a_rerun_heals(
    in_s3: Settings, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(in_s3, "slack/a.zip", slack_export())
    (waiting,) = intake.discover(in_s3, at=at)
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        with pytest.raises(Unreachable, match=r"slack/a\.zip: the endpoint cannot be reached; check the network"):
            intake.take(in_s3, waiting["name"], waiting["file_id"], at=at)
    assert ingest(in_s3, at)["slack/a.zip"].state == "loaded"


def test_an_endpoint_that_falls_silent_within_a_file_leaves_nothing_half(
    in_s3: Settings, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(in_s3, "slack/a.zip", big_zip(3, 20_000))
    drop(in_s3, "slack/b.zip", slack_export())
    waiting = intake.discover(in_s3, at=at)[1]
    real, calls = landing_s3.S3Object._fetch, [0]

    def failing(self: landing_s3.S3Object, start: int, until: int) -> bytes:
        calls[0] += 1
        if calls[0] > 1:
            raise Unreachable("the endpoint cannot be reached", where=self.name)
        return real(self, start, until)

    with monkeypatch.context() as patch:
        patch.setattr(landing_s3.S3Object, "_fetch", failing)
        patch.setattr(landing_s3, "CACHE_BYTES", 0)  # so that hashing does not fetch for the parser as well
        with pytest.raises(Unreachable):
            intake.take(in_s3, waiting["name"], waiting["file_id"], at=at)
    assert calls[0] > 1
    assert not list(in_s3.lake.rglob("*.parquet"))
    assert ingest(in_s3, at)["slack/b.zip"].state == "loaded"


BROKEN: dict[str, tuple[dict[str, str], str]] = {
    "no such bucket": ({"THROUGHLINE_LANDING": "s3://no-such-bucket/x"}, "there is no such bucket; check THROUGHLINE_"),
    "unreachable": ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "the endpoint cannot be reached; check the network"),
    "no endpoint": ({"AWS_ENDPOINT_URL": "localhost"}, "the endpoint is no URL; write AWS_ENDPOINT_URL as http://"),
    "no credentials": (
        {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
        "no AWS credentials are found; set AWS_PROFILE",
    ),
    "no profile": ({"AWS_PROFILE": "nobody"}, "there is no such AWS profile; check AWS_PROFILE"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_zone_that_cannot_be_listed_is_one_clear_sentence(
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    case: str,
) -> None:
    environment, sentence = BROKEN[case]
    monkeypatch.setenv("THROUGHLINE_HOME", str(tmp_path))
    monkeypatch.setenv("THROUGHLINE_LANDING", f"s3://{bucket}/{PREFIX}")
    for name, value in environment.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "argv", ["throughline", "ingest"])
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("throughline: s3://")
    assert sentence in shown.err
    assert shown.err.count("\n") == 1


@pytest.fixture
def stranger(aws: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Credentials of a user without any right, on a server that asks for rights; gives the IAM client of its owner."""
    iam = client("iam")
    iam.create_user(UserName=bucket)
    key = iam.create_access_key(UserName=bucket)["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    ask_for_rights(aws, "0")
    yield iam
    ask_for_rights(aws, "inf")


def ask_for_rights(server: str, after: str) -> None:
    request = urllib.request.Request(  # noqa: S310  # our own server
        f"{server}/moto-api/reset-auth", data=after.encode(), headers={"Content-Type": "text/plain"}
    )
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310  # the same


def allow(iam: Any, user: str, action: str, server: str) -> None:
    """Give a user one right, as the account's owner."""
    ask_for_rights(server, "inf")
    document = f'{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}'
    iam.put_user_policy(UserName=user, PolicyName="only", PolicyDocument=document)
    ask_for_rights(server, "0")


def test_a_bucket_without_permission(in_s3: Settings, stranger: Any, at: datetime) -> None:
    with pytest.raises(Refused, match=r"s3://.*: this is not permitted; allow s3:ListBucket"):
        intake.discover(in_s3, at=at)


def test_wrong_credentials(in_s3: Settings, stranger: Any, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(Refused, match=r"s3://.*: the AWS credentials are not accepted"):
        intake.discover(in_s3, at=at)


def test_files_that_may_be_listed_but_not_read(
    settings: Settings,
    bucket: str,
    stranger: Any,
    aws: str,
    at: datetime,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    use = replace(settings, landing=S3Url(bucket, PREFIX))
    ask_for_rights(aws, "inf")
    drop(use, "slack/a.zip", slack_export())
    allow(stranger, bucket, "s3:ListBucket", aws)
    with pytest.raises(Unreachable, match=r"slack/a\.zip: this is not permitted; allow .*s3:GetObject"):
        intake.discover(use, at=at)
    monkeypatch.setenv("THROUGHLINE_HOME", str(use.home))
    monkeypatch.setenv("THROUGHLINE_LANDING", str(use.landing))
    monkeypatch.setattr(sys, "argv", ["throughline", "ingest"])
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    assert "throughline: slack/a.zip: this is not permitted" in capsys.readouterr().err
    ask_for_rights(aws, "inf")
    assert ingest(use, at)["slack/a.zip"].state == "loaded"
