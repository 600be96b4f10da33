"""The join of accounts with the roster on a real export that shows no e-mail address: it says so, and stops."""

from __future__ import annotations

import re
import shutil
import sys
from datetime import datetime
from pathlib import Path

import pytest

from tests.fixtures.samples import sample
from throughline import cli, intake, matching, transform
from throughline.ledger import Ledger
from throughline.settings import Settings
from throughline.warehouse import connect

ROSTER = "email,org unit,start date\n" + "".join(f"person{n}@firm.example,Sales,2016-01-01\n" for n in range(12))
MODELS = "+int_people_match"
IDS = "tool,tool user id,email\nslack,{},person1@firm.example\n"


def test_zero_percent_matched_stops_the_publish_and_an_identity_map_heals_it(
    settings: Settings, at: datetime, shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    export = sample(shared, "slack/hfaran+slack-export-viewer/export.zip")
    land(settings, at, {"people/roster.csv": ROSTER, "slack/export.zip": export})
    code = built(settings, monkeypatch)
    assert code == 1
    told = capsys.readouterr().err
    assert told.startswith("throughline: not published: slack: 0 % of 4 accounts matched with the roster; 4 show no")
    assert told.count("\n") == 1 and "Traceback" not in told
    assert not transform.is_audited(settings) and Ledger(settings.ledger).publishes() == []
    user = re.search(rb'"id": "(U\w+)"', users(export))
    assert user
    land(settings, at, {"identity_map/map.csv": IDS.format(user[1].decode())})
    found = match(settings)
    assert [(one.source, one.known_count, one.matched_count) for one in found] == [("slack", 1, 1)]
    matching.check(found)  # one of four is enough not to stop it, and is told
    assert matching.warnings(found)[0].startswith("slack: 25 % of 4 accounts matched")


def land(use: Settings, at: datetime, files: dict[str, str | Path]) -> None:
    for name, content in files.items():
        path = use.landing / name
        path.parent.mkdir(parents=True)
        path.write_text(content) if isinstance(content, str) else shutil.copy(content, path)
    for waiting in intake.discover(use, at=at):
        assert intake.take(use, waiting["name"], waiting["file_id"], at=at).state == "loaded"


def built(use: Settings, monkeypatch: pytest.MonkeyPatch) -> object:
    """What `throughline build` exits with; of the models only those that tell who matched, and nothing is weighed."""

    def fewer(use: Settings, group: str, *_: object, **__: object) -> None:
        if group == "models":
            transform.dbt(use, "run", MODELS)

    with monkeypatch.context() as patch:
        patch.setenv("THROUGHLINE_HOME", str(use.home))
        patch.setenv("THROUGHLINE_KEY", use.key.decode())
        patch.setattr(transform, "build_models", fewer)
        patch.setattr(transform, "weigh", lambda *_, **__: None)
        patch.setattr(sys, "argv", ["throughline", "build"])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    return ended.value.code


def match(use: Settings) -> list[matching.Match]:
    transform.prepare(use)
    transform.dbt(use, "run", MODELS)
    return matching.matches(connect(use).read("intermediate.int_people_match").to_pylist())


def users(export: Path) -> bytes:
    import zipfile

    with zipfile.ZipFile(export) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith("users.json")))
