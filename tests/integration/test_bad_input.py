"""Bad input: each ends in quarantine with one sentence, the others go on, a mended file is taken, nothing is lost."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.fixtures import slack
from throughline import intake, lake, landing
from throughline.cli import app
from throughline.ledger import Ledger
from throughline.settings import Settings
from throughline.source import Forbidden

ROSTER = "E-mail,Org unit,Manager,Level,Leader flag,Start date,End date\nada@firm.example,Sales,,3,false,2026-01-01,\n"
OPPORTUNITY = "Id,StageName,Amount,CreatedDate\n006A,Open,10.50,2026-03-01T10:00:00.000Z\n"


def drop(use: Settings, name: str, content: bytes) -> Path:
    path = use.landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def ingest(use: Settings, at: datetime) -> dict[str, intake.Taken]:
    taken = [intake.take(use, w["name"], w["file_id"], at=at) for w in intake.discover(use, at=at)]
    return {t.name: t for t in taken}


def zipped(members: Mapping[str, slack.Content]) -> bytes:
    buffer = io.BytesIO()
    slack.write_zip(buffer, members)  # type: ignore[arg-type]  # a ZIP is written into memory as into a file
    return buffer.getvalue()


GOOD_DAY: dict[str, slack.Content] = {"general/2023-11-14.json": [slack.message(1), slack.message(2)]}
BROKEN_DAY: dict[str, slack.Content] = {"general/2023-11-15.json": b'[{"type": "message", "ts": '}


def slack_export(days: Mapping[str, slack.Content] = GOOD_DAY) -> bytes:
    return zipped(slack.members(days))


BAD = {
    "truncated ZIP": ("slack/cut.zip", slack_export()[:-40], "not a whole ZIP archive", "export it again"),
    "path outside": ("slack/slip.zip", zipped({"../../users.json": []}), "points outside the archive", "check where"),
    "bomb": ("slack/bomb.zip", zipped({"general/2023-11-15.json": b" " * 30_000_000}), "times its size", "check where"),
    "not JSON in one day": (
        "slack/broken.zip",
        slack_export(GOOD_DAY | BROKEN_DAY),
        "general/2023-11-15.json",
        "release",
    ),
    "missing column": ("salesforce/Opportunity.csv", b"Id,Amount\n006A,1\n", "StageName", ""),
    "wrong encoding": ("people/roster.csv", ROSTER.encode("utf-16"), "", ""),
    "empty file": ("people/empty.csv", b"", "is empty", "export it again"),
    "unknown folder": ("sharepoint/export.zip", slack_export(), "no source is called 'sharepoint'", "move it"),
    "no folder": ("export.zip", slack_export(), "lies in no source's folder", "move it"),
    "wrong ending": ("slack/export.txt", b"hello", "Slack", ".zip"),
    "not used": (
        "pipedrive/people.csv",
        b"Person - Name,Person - Email\nAda,ada@firm.example\n",
        "holds nothing that is read: an entity that is not used",
        "take it out of the landing zone",
    ),
    "unknown metric": ("purposes/p.yml", b"id: p\ntitle: t\noutcome_metric: C99\n", "C99", ""),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_quarantined_and_the_rest_goes_on(settings: Settings, at: datetime, case: str) -> None:
    name, content, what, remedy = BAD[case]
    drop(settings, "slack/good.zip", slack_export())
    drop(settings, name, content)
    later = at + timedelta(days=1)
    taken = ingest(settings, later)
    entries = {e.name: e for e in Ledger(settings.ledger).entries()}
    assert entries["slack/good.zip"].state == "loaded"
    assert entries[name].state == "quarantined", taken.get(name)
    reason = entries[name].reason or ""
    assert reason.startswith(name)
    assert what in reason
    assert remedy in reason
    assert "\n" not in reason
    assert "Traceback" not in reason


def test_a_day_on_which_nobody_wrote_is_an_export_too(settings: Settings, at: datetime) -> None:
    header = (
        "Post Creation Time,Team Id,Team Name,Team Display Name,Channel Id,Channel Name,Channel Display Name,"
        "Channel Type,User Id,User Email,Username,Post Id,Edited By Post Id,Replied to Post Id,Post Message,Post Type\n"
    )
    drop(settings, "mattermost/2026-07-05/posts.csv", header.encode())
    [taken] = ingest(settings, at + timedelta(days=1)).values()
    assert (taken.state, taken.rows_in) == ("loaded", 0)


def test_changed_columns_are_told_by_status_and_a_missing_needed_one_is_quarantined(
    settings: Settings, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(settings, "people/roster.csv", ROSTER.replace("Manager,", "Boots size,").encode())
    drop(settings, "people/other.csv", ROSTER.replace("Org unit", "Where").encode())
    taken = ingest(settings, at)
    assert (taken["people/roster.csv"].state, taken["people/other.csv"].state) == ("loaded", "quarantined")
    assert "column org unit is missing" in taken["people/other.csv"].sentence
    monkeypatch.setenv("THROUGHLINE_HOME", str(settings.home))
    answer = CliRunner().invoke(app, ["status", "--json"])
    assert json.loads(answer.stdout)["columns"] == [
        {"source": "people", "table": "roster", "status": "missing",
         "columns": ["is external", "manager email", "time zone"]},
        {"source": "people", "table": "roster", "status": "new", "columns": ["Boots size"]},
    ]  # fmt: skip
    assert "Boots size" in CliRunner().invoke(app, ["status"]).stdout


def test_a_mended_file_is_taken_and_supersedes_the_bad_one(settings: Settings, at: datetime) -> None:
    drop(settings, "slack/export.zip", slack_export()[:-40])
    assert ingest(settings, at)["slack/export.zip"].state == "quarantined"
    drop(settings, "slack/export.zip", slack_export())
    assert ingest(settings, at + timedelta(hours=1))["slack/export.zip"].state == "loaded"
    assert [e.state for e in Ledger(settings.ledger).entries()] == ["superseded", "loaded"]


def test_a_bad_new_version_leaves_the_loaded_one_standing(settings: Settings, at: datetime) -> None:
    drop(settings, "slack/export.zip", slack_export())
    ingest(settings, at)
    drop(settings, "slack/export.zip", slack_export()[:-40])
    assert ingest(settings, at + timedelta(hours=1))["slack/export.zip"].state == "quarantined"
    assert sorted(e.state for e in Ledger(settings.ledger).entries()) == ["loaded", "quarantined"]


def test_a_damaged_export_can_be_released_and_loads_the_rest(settings: Settings, at: datetime) -> None:
    drop(settings, "slack/export.zip", slack_export(GOOD_DAY | BROKEN_DAY))
    assert ingest(settings, at)["slack/export.zip"].state == "quarantined"
    released = intake.release(settings, "slack/export.zip", at=at, reason="that day is lost at the vendor")
    assert released.state == "loaded"
    assert released.rows_loaded > 0
    raw = list((lake.raw_file(settings.lake, "slack", "messages", "x").parent).glob("*.parquet"))
    assert len(raw) == 1


@pytest.mark.parametrize(
    ("name", "good", "strange"),
    [
        ("hubspot/all.zip", b"Record ID,Deal Stage\n1,Offer\n", "is no table of deals, companies or owners"),
        ("dynamics365/all.zip", b"(Do Not Modify) Opportunity,Status\n1,Open\n", "is no view of Dynamics 365"),
    ],
    ids=["hubspot", "dynamics365"],
)
def test_a_table_that_nobody_knows_is_named_and_does_not_keep_the_others_out(
    settings: Settings, at: datetime, name: str, good: bytes, strange: str
) -> None:
    drop(settings, name, zipped({"a.csv": good, "visits.csv": b"day,visits\n1,2\n"}))
    taken = ingest(settings, at)[name]
    assert taken.state == "quarantined"
    assert taken.sentence.startswith(f"{name} » visits.csv: {strange}")
    assert intake.release(settings, name, at=at, reason="it is ours").rows_loaded == 1


def test_a_file_that_changes_between_listing_and_taking_is_not_read_half(settings: Settings, at: datetime) -> None:
    path = drop(settings, "slack/export.zip", slack_export())
    (waiting,) = intake.discover(settings, at=at)
    path.write_bytes(slack_export()[:-40])
    taken = intake.take(settings, waiting["name"], waiting["file_id"], at=at)
    assert taken.state == "quarantined"
    assert "changed while it was waiting" in taken.sentence


def test_a_file_that_is_gone_says_so(settings: Settings, at: datetime) -> None:
    path = drop(settings, "slack/export.zip", slack_export())
    (waiting,) = intake.discover(settings, at=at)
    path.unlink()
    assert "no longer in the landing zone" in intake.take(settings, waiting["name"], waiting["file_id"], at=at).sentence


def test_a_file_that_may_not_be_read_is_told_and_not_quarantined(
    settings: Settings, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(settings, "slack/export.zip", slack_export())
    later = at + timedelta(days=400)

    def forbidden(_: object) -> str:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(landing, "content_hash", forbidden)  # the tests may run as root, whom no mode keeps out
        with pytest.raises(Forbidden, match=r"slack/export\.zip: may not be read; let the user"):
            intake.discover(settings, at=later)
        assert Ledger(settings.ledger).entries() == []
    (waiting,) = intake.discover(settings, at=later)
    with monkeypatch.context() as patch:
        patch.setattr(landing, "content_hash", forbidden)
        with pytest.raises(Forbidden):
            intake.take(settings, waiting["name"], waiting["file_id"], at=later)
    assert [entry.state for entry in Ledger(settings.ledger).entries()] == ["claimed"]
