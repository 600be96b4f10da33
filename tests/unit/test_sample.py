"""The sample organisation: same bytes for the same seed, real formats, and the planted truths visible in the rows."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd  # noqa: TID253  the truths are recomputed by other means than the product's
import pytest

from tests.unit.sample_reading import (
    WEEKS,
    Said,
    after_start,
    change,
    landmark,
    messages,
    naive,
    read_deals,
    table,
    tree_hash,
)
from throughline.landing import LandingFile
from throughline.sample import PLANTED, UNTOUCHED_UNITS, Calendar, later_export, register, write
from throughline.settings import Settings
from throughline.source import Batch, Refused
from throughline.sources.purposes import SOURCE as PURPOSES

PACIFIC = ZoneInfo("America/Los_Angeles")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("small")
    write(directory, people=60, weeks=20)
    return directory


@pytest.fixture(scope="module")
def usual(sample_exports: Path) -> Path:
    """The default size: only here are there enough deals to see an effect."""
    return sample_exports


@pytest.fixture(scope="module")
def said(usual: Path) -> Said:
    first, second = sorted((usual / "slack").iterdir(), key=lambda p: p.stat().st_mtime)
    return messages(first) | messages(second)


@pytest.fixture(scope="module")
def deals(usual: Path, said: Said) -> pd.DataFrame:
    return read_deals(usual, said)


def test_same_seed_same_bytes_and_another_seed_others(small: Path, tmp_path: Path) -> None:
    write(tmp_path / "again", people=60, weeks=20)
    write(tmp_path / "other", people=60, weeks=20, seed=8)
    assert tree_hash(tmp_path / "again") == tree_hash(small)
    for part in ("slack", "salesforce", "people"):
        assert tree_hash(tmp_path / "other" / part) != tree_hash(small / part)


def test_a_landing_zone_with_the_real_names(small: Path) -> None:
    names = sorted(p.relative_to(small).as_posix() for p in small.rglob("*") if p.is_file())
    assert names == [
        "account_map/key-accounts.csv",
        "m365_reports/YammerActivityUserDetail D180.csv",
        "m365_reports/YammerActivityUserDetail D30.csv",
        "m365_reports/YammerActivityUserDetail D7.csv",
        "m365_reports/YammerActivityUserDetail D90.csv",
        "people/roster-2026-06-29.csv",
        "purposes/ask-the-floor.yml",
        "purposes/faster-handover.yml",
        "purposes/quiet-pilot.yml",
        "salesforce/WE_00D5g000004VeldEAE_1.ZIP",
        "slack/Veldmark Slack export Feb 8 2026 - Jun 14 2026.zip",
        "slack/Veldmark Slack export Jun 8 2026 - Jun 28 2026.zip",
        "slack_analytics/members 2026-02-09 - 2026-06-28.ndjson.gz",
    ]


def test_day_files_are_cut_at_pacific_midnight(said: Said) -> None:
    moments = {key: datetime.fromtimestamp(float(key[1]), UTC) for key in said}
    assert all(moments[key].astimezone(PACIFIC).date().isoformat() == said[key]["file_date"] for key in said)
    elsewhere = sum(moments[key].date().isoformat() != said[key]["file_date"] for key in said)
    assert elsewhere > 0.05 * len(said), "by UTC some messages must lie in the wrong file"


def test_the_two_chat_exports_overlap_with_the_same_messages(usual: Path) -> None:
    first, second = (messages(p) for p in sorted((usual / "slack").iterdir(), key=lambda p: p.stat().st_mtime))
    both = first.keys() & second.keys()
    days = {second[key]["file_date"] for key in both}
    assert len(both) > 500 and first.keys() - both and second.keys() - both
    assert (
        both
        == {k for k in first if first[k]["file_date"] in days}
        == {k for k in second if second[k]["file_date"] in days}
    )
    # a thread's first message grows with later replies; all else is the same
    grows = {"thread_ts", "reply_count", "reply_users_count", "latest_reply", "reply_users", "replies", "edited"}
    assert all({k: v for k, v in first[key].items() if k not in grows} == _without(second[key], grows) for key in both)
    assert 0 < sum(first[key] != second[key] for key in both) < 0.02 * len(both)


def _without(message: dict[str, Any], fields: set[str]) -> dict[str, Any]:
    return {k: v for k, v in message.items() if k not in fields}


def test_every_kind_of_message_occurs(said: Said) -> None:
    all_said = list(said.values())
    texts = [m["text"] for m in all_said if "subtype" not in m]
    kinds = {m.get("subtype") for m in all_said}
    assert kinds == {None, "channel_join", "bot_message", "thread_broadcast", "tombstone"}
    assert any("bot_id" in m and "user" in m for m in all_said), "a modern bot has a user"
    assert all(any(part in text for text in texts) for part in ("<!here>", "<@U0", " #handover", " #tip", "?"))
    assert any("edited" in m for m in all_said) and any("reactions" in m for m in all_said)
    roots = {(c, m["thread_ts"]) for (c, _), m in said.items() if "parent_user_id" in m}
    assert roots <= said.keys(), "every reply's first message is there"
    assert 60_000 < len(said) < 100_000


def test_users_cover_guests_the_deactivated_and_hidden_addresses(usual: Path) -> None:
    last = max((usual / "slack").iterdir(), key=lambda p: p.stat().st_mtime)
    with zipfile.ZipFile(last) as archive:
        users = json.loads(archive.read("users.json"))
        assert archive.read("lists.json") == b'[\n""\n]' and b"\\/" in archive.read(_first_day(archive, "deal-bell"))
    assert sum(u.get("is_restricted", False) for u in users) == 5
    assert [u["profile"]["bot_id"] for u in users if u["is_bot"]] == ["B0BSTANDBY1"]
    gone = [u for u in users if u["deleted"]]
    assert gone and not any("is_restricted" in u or "tz" in u for u in gone)
    people = [u for u in users if not u["is_bot"]]
    addresses = [u["profile"]["email"] for u in people if "email" in u["profile"]]
    assert 0 < len(people) - len(addresses) < 0.05 * len(people)
    assert all(address.lower().endswith(".example") for address in addresses)


def _first_day(archive: zipfile.ZipFile, channel: str) -> str:
    return next(name for name in archive.namelist() if name.startswith(f"{channel}/"))


def test_the_crm_export_is_written_as_the_crm_writes_it(usual: Path) -> None:
    archive = next((usual / "salesforce").iterdir())
    with zipfile.ZipFile(archive) as members:
        raw = members.read("Account.csv")
        assert members.read("Opportunity.csv").count(b"\0") > 0
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    assert raw.startswith(b'"Id","IsDeleted","MasterRecordId"') and b"\r" not in raw
    account, deal, history = (table(archive, f"{n}.csv") for n in ("Account", "Opportunity", "OpportunityHistory"))
    assert len(account) == 600 and set(deal.IsClosed) == {"0", "1"} and set(deal.IsDeleted) == {"0", "1"}
    assert set(deal.AccountId) <= set(account.Id) and set(history.OpportunityId) == set(deal.Id)
    assert account.Description.str.contains("\n").any() and "000000000000000AAA" in set(account.ParentId)
    assert deal.CloseDate.str.endswith(" 00:00:00").all() and deal.Amount.astype(float).gt(0).all()
    last = history.sort_values(["OpportunityId", "CreatedDate"]).groupby("OpportunityId").StageName.last()
    assert (deal.set_index("Id").StageName == last).all()
    assert (history.CreatedDate < f"{Calendar(WEEKS).end_date}").all(), "nothing from after the export"


def test_deals_reach_back_two_years_before_the_last_whole_quarter(usual: Path) -> None:
    deal = table(next((usual / "salesforce").iterdir()), "Opportunity.csv")
    assert deal.CreatedDate.min() < "2024-04-01"
    earlier = deal[deal.CreatedDate < f"{Calendar(WEEKS).crm_start_date}"]
    assert 500 < len(earlier) < 0.2 * len(deal), "before every purpose's baseline"


def test_the_account_map_gives_rooms_to_accounts(usual: Path, said: Said) -> None:
    lines = pd.read_csv(usual / "account_map" / "key-accounts.csv", dtype=str, keep_default_na=False)
    accounts = table(next((usual / "salesforce").iterdir()), "Account.csv")
    assert (lines["Account Id"] == "").sum() == 20 and len(lines) == 40
    assert set(lines["Account Id"]) - {""} <= set(accounts.Id)
    assert {f"https://{domain}" for domain in lines.Domain if domain} <= set(accounts.Website)
    rooms = {channel for channel, _ in said if channel.startswith("acct-")}
    assert {space[1:] for space in lines.Space if space.startswith("#")} < rooms and len(rooms) == 40


def test_who_wrote_on_a_day_is_active_in_the_usage_report(usual: Path, said: Said) -> None:
    (path,) = (usual / "slack_analytics").iterdir()
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        days = {(r["user_id"], r["date"]): r for r in map(json.loads, lines)}
    wrote = Counter(
        (m["user"], datetime.fromtimestamp(float(ts), UTC).date().isoformat())
        for (_, ts), m in said.items()
        if m.get("subtype") in (None, "thread_broadcast") and "bot_id" not in m
    )
    shown = {day: count for day, count in wrote.items() if day in days}
    assert len(shown) > 5_000
    assert all(days[day]["messages_posted_count"] == count and days[day]["is_active"] for day, count in shown.items())
    reads = [r for r in days.values() if r["is_active"] and not r["messages_posted_count"]]
    assert 0.2 < len(reads) / len(days) < 0.6, "many read and say nothing"


def test_the_roster_holds_a_hierarchy_with_few_leaders(usual: Path) -> None:
    roster = pd.read_csv(next((usual / "people").iterdir()), dtype=str)
    people = roster.drop_duplicates("E-mail")
    assert 400 <= len(people) < 500 and len(roster) > len(people), "moves are rows of their own"
    assert 0.06 < (people["Is Leader"] == "true").mean() < 0.10
    assert set(people["Leader Band"].dropna()) == {"executive", "senior", "middle"}
    assert people["Manager E-mail"].isna().sum() == 1 and set(roster["Manager E-mail"].dropna()) <= set(
        people["E-mail"]
    )
    assert roster["End Date"].notna().any() and roster["Start Date"].max() < f"{Calendar(WEEKS).end_date}"
    assert {u for planted in PLANTED.values() for u in planted.treated_units} < set(roster["Org Unit"])


def test_the_purposes_are_valid_and_measurable(small: Path, at: datetime) -> None:
    for path in (small / "purposes").iterdir():
        file = LandingFile("purposes", f"purposes/{path.name}", path, path.stem, path.stat().st_size, at)
        found = list(PURPOSES.parse(file))
        assert all(isinstance(part, Batch) for part in found)
        (row,) = next(p.records.to_pylist() for p in found if isinstance(p, Batch) and p.table == "purposes")
        assert row["is_measurable"] and row["baseline_until_date"] < row["start_date"]
        assert row["start_date"] == Calendar(20).purpose_start_date(path.stem)


def test_the_working_purpose_works(deals: pd.DataFrame) -> None:
    planted = PLANTED["faster-handover"]
    start = Calendar(WEEKS).purpose_start_date("faster-handover")
    others = tuple(u for u in deals.unit.unique() if "-Sales-" in u and u not in planted.treated_units)
    for control in (UNTOUCHED_UNITS, others):
        effect = change(deals, planted.treated_units, start) - change(deals, control, start)
        assert effect == pytest.approx(planted.effect, abs=0.05)
    assert planted.effect >= 0.1 and len(planted.treated_units) >= 8 and len(UNTOUCHED_UNITS) >= 8
    assert deals[deals.unit.isin(planted.treated_units)].groupby("unit").size().min() >= 100


def test_the_idle_purpose_does_nothing_and_looks_good(deals: pd.DataFrame) -> None:
    planted = PLANTED["ask-the-floor"]
    start = Calendar(WEEKS).purpose_start_date("ask-the-floor")
    effect = change(deals, planted.treated_units, start) - change(deals, UNTOUCHED_UNITS, start)
    mine = after_start(deals, "ask-the-floor")
    assert abs(effect) < 0.05
    assert mine.first_days.notna().sum() > 200, "there is much activity"
    assert naive(mine) == pytest.approx(planted.naive_bias, abs=0.05)
    assert abs(landmark(mine)) < 0.06


def test_messages_make_no_difference_in_the_working_purpose_either(deals: pd.DataFrame) -> None:
    mine = after_start(deals, "faster-handover")
    assert naive(mine) == pytest.approx(PLANTED["faster-handover"].naive_bias, abs=0.06)
    assert abs(landmark(mine)) < 0.08


def test_the_quiet_pilot_is_too_small_to_tell(deals: pd.DataFrame) -> None:
    assert len(PLANTED["quiet-pilot"].treated_units) == 5  # the fewest that a comparison of teams may have
    assert 60 < len(after_start(deals, "quiet-pilot")) < 220


def test_deals_are_as_long_and_as_won_as_planted(deals: pd.DataFrame) -> None:
    untouched = deals[deals.unit.isin(UNTOUCHED_UNITS)]
    assert untouched.is_won.mean() == pytest.approx(0.26, abs=0.03)
    assert deals[deals.IsWon == "1"].days.median() == pytest.approx(60, abs=5)
    assert deals[(deals.IsWon == "0") & deals.closed.notna()].days.median() == pytest.approx(30, abs=4)


def test_leaders_are_silent_first_and_rise_with_the_purposes(usual: Path, said: Said) -> None:
    roster = pd.read_csv(next((usual / "people").iterdir()), dtype=str)
    leaders = set(roster[roster["Is Leader"] == "true"]["E-mail"])
    last = max((usual / "slack").iterdir(), key=lambda p: p.stat().st_mtime)
    with zipfile.ZipFile(last) as archive:
        users = {u["id"]: u["profile"].get("email", "").lower() for u in json.loads(archive.read("users.json"))}
    calendar = Calendar(WEEKS)
    early = datetime.combine(calendar.start_date + timedelta(weeks=16), datetime.min.time(), UTC).timestamp()
    late = datetime.combine(calendar.end_date - timedelta(weeks=16), datetime.min.time(), UTC).timestamp()
    posts = pd.DataFrame(
        [(users.get(m.get("user", "")), float(m["ts"])) for m in said.values() if "subtype" not in m],
        columns=["email", "ts"],
    )
    by_leader = posts.email.isin(leaders)
    before, after = by_leader[posts.ts < early].mean(), by_leader[posts.ts > late].mean()
    assert before < 0.65 * after
    assert posts.email[by_leader & (posts.ts > late)].nunique() > 0.8 * len(leaders)


def test_the_later_export_adds_one_week(small: Path, tmp_path: Path) -> None:
    path = later_export(tmp_path, people=60, weeks=20)
    known = messages(max((small / "slack").iterdir(), key=lambda p: p.stat().st_mtime))
    later = messages(path)
    assert path.name == "Veldmark Slack export Jun 26 2026 - Jul 5 2026.zip"
    assert later.keys() & known.keys() == {k for k in known if known[k]["file_date"] >= "2026-06-26"}
    assert {m["file_date"] for k, m in later.items() if k not in known} >= {"2026-06-29", "2026-07-03"}


def test_progress_reaches_its_end_and_one_export_can_do(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    write(tmp_path, people=60, weeks=20, progress=lambda done, total: steps.append((done, total)), second_export=False)
    assert len(list((tmp_path / "slack").iterdir())) == 1
    assert steps[-1][0] == steps[-1][1] and [done for done, _ in steps] == list(range(1, len(steps) + 1))


def test_what_is_too_small_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="at least 20 people and 12 weeks"):
        write(tmp_path, people=5, weeks=20)


def test_purposes_are_registered_as_of_their_files_days(settings: Settings, at: datetime) -> None:
    from throughline import intake
    from throughline.ledger import Ledger

    calendar = Calendar(12)
    write(settings.landing, people=20, weeks=12)
    assert register(settings) == [f"purposes/{name}.yml" for name in sorted(PLANTED)]
    for entry in Ledger(settings.ledger).entries():
        name = entry.name.removeprefix("purposes/").removesuffix(".yml")
        assert entry.seen_at.date() == calendar.purpose_start_date(name) - timedelta(days=21)
    before = Ledger(settings.ledger).entries()
    assert len(register(settings)) == 3 and Ledger(settings.ledger).entries() == before  # a second time changes nothing
    waiting = {w["name"] for w in intake.discover(settings, at=at)}
    assert {e.name for e in before} < waiting  # intake takes them like any other file
