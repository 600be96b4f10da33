"""One small event log, and what each definition makes of it, worked out by hand: ours and the vendors'.

Seven people of two units, thirteen whole weeks from Monday 5 January 2026; the window looked at is the last one,
9 March to 5 April. The numbers are those of the marts, before small cells are hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import home
from throughline import lake, transform
from throughline.sources import SOURCES
from throughline.warehouse import connect

WINDOW = date(2026, 3, 9)
UNITS = {"ana": "A", "abe": "A", "amy": "A", "ali": "A", "ben": "B", "bea": "B", "bob": "B"}
FILE = "f" * 64


class Log:
    """Raw rows of a Slack workspace, a roster and Slack's own day files."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}
        for number, (name, kind) in enumerate({"open": "public", "other": "public", "talk": "dm"}.items()):
            self.add("slack__channels", team_id="T", channel_id=f"C{number}", name=name, kind=kind)
        for person, unit in UNITS.items():
            self.account(person)
            self.add(
                "people__roster", email=person, org_unit=unit, is_external=False, start_date=date(2025, 1, 1), level=3
            )
        self.account("robot", is_bot=True)
        self.account("guest", is_guest=True)

    def add(self, table: str, **values: Any) -> None:
        self.rows.setdefault(table, []).append({**values, "file_id": FILE})

    def account(self, name: str, *, is_bot: bool = False, is_guest: bool = False) -> None:
        self.add("slack__users", team_id="T", user_id=f"u-{name}", email=name, is_bot=is_bot, is_guest=is_guest)

    def say(
        self,
        person: str,
        at: str,
        *,
        to: str = "",
        channel: str = "C0",
        mentions: tuple[str, ...] = (),
        text: str = "",
        **values: Any,
    ) -> str:
        """A post, or a reply to the message of that name. Returns the message's name."""
        moment = datetime.fromisoformat(f"2026-{at}").replace(tzinfo=UTC)
        key = {"team_id": "T", "channel_id": channel, "ts": str(moment.timestamp()), "sent_at": moment}
        row = {
            **key,
            "user_id": f"u-{person}",
            "is_bot": person == "robot",
            "is_question": False,
            "is_broadcast": False,
            "file_count": 0,
            "fingerprint": text or f"{person}{at}",
            "thread_ts": to or None,
            "mention_count": len(mentions),
        }
        self.add("slack__messages", **{**row, **values})
        for mentioned in mentions:
            self.add("slack__mentions", **key, user_id=f"u-{mentioned}")
        return key["ts"]

    def react(self, person: str, ts: str, emoji: str) -> None:
        message = next(row for row in self.rows["slack__messages"] if row["ts"] == ts)
        key = {name: message[name] for name in ("team_id", "channel_id", "ts", "sent_at")}
        self.add("slack__reactions", **key, emoji=emoji, user_id=f"u-{person}")


def log() -> Log:
    made = Log()
    # Ana posts every Monday of the thirteen weeks; the last four lie in the window
    for week in range(9):
        day = date(2026, 1, 5) + timedelta(weeks=week)
        made.say("ana", f"{day:%m-%d}T09:00")
    early = made.say("guest", "01-06T10:00")
    made.react("bob", early, "wave")
    made.say("bea", "03-06T10:00")  # 31 days before the window's end, and so on
    made.say("ben", "03-07T10:00")
    made.say("amy", "03-08T10:00")
    first = made.say("ana", "03-09T09:00", is_broadcast=True)
    made.react("bob", first, "+1")
    made.react("bob", first, "tada")
    made.say("ana", "03-16T09:00", mentions=("ben", "bea"), tags="news", text="the same words")
    made.say("ana", "03-16T09:02", channel="C1", text="the same words")  # said before: a cross-post
    third = made.say("ana", "03-23T09:00", is_question=True)
    made.say("abe", "03-24T10:00", to=third)
    asked = made.say("abe", "03-29T10:00", is_question=True)
    made.say("abe", "03-29T11:00", to=third)
    made.say("ana", "03-30T09:00", is_question=True, file_count=1)
    made.say("ana", "03-30T12:00", to=asked)
    made.say("ana", "04-01T12:00", to=asked)
    # what counts for nobody: a bot, a notice of the tool, a direct message; the last message ends the export
    made.say("robot", "03-31T10:00", to=asked)
    made.say("bob", "03-31T11:00", subtype="channel_join")
    made.say("bob", "03-31T12:00", channel="C2")
    made.say("guest", "04-06T08:00")
    for number in range(29):  # 8 March to 5 April, a file a day
        day = date(2026, 3, 8) + timedelta(days=number)
        acted = {
            "ana": True,
            "abe": day == date(2026, 3, 29),
            "amy": day == date(2026, 3, 8),
            "ali": day == date(2026, 4, 2),
        }
        for person in UNITS:
            made.add(
                "slack_analytics__activity",
                **{"account_id": f"u-{person}", "product": "slack", "window_from_date": day, "window_until_date": day},
                last_active_date=day if acted.get(person) else None,
            )
    return made


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    use = home(tmp_path_factory.mktemp("home"))
    transform.prepare(use)
    made, written = log(), tmp_path_factory.mktemp("raw")
    seen = datetime(2026, 4, 6, 8, tzinfo=UTC)
    files = [
        {"file_id": FILE, "source": source, "name": source, "state": "loaded", "observed_until": seen}
        | {"observed_from": datetime(2026, 1, 5, 9, tzinfo=UTC)}
        for source in ("slack", "people", "slack_analytics")
    ]
    with connect(use).raw() as raw:
        for source in SOURCES.values():
            for table in source.tables:
                name = f"{source.name}__{table.name}"
                if rows := made.rows.get(name):
                    schema = lake.raw_schema(table)
                    pq.write_table(pa.Table.from_pylist(rows, schema), written / f"{name}.parquet")
                    raw.records(name, schema, {FILE: written / f"{name}.parquet"}, {})
        raw.table("files", transform.FILES, files)
    transform.dbt(use, "run", select="+fct_lens_release +agg_behaviour +agg_adoption_window +agg_chasm")
    return duckdb.connect(use.warehouse.removeprefix("duckdb:///"), read_only=True)


def values(db: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    return dict(db.execute(query).fetchall())


LENSES: Mapping[str, float] = {
    # Ana last wrote on 1 April, Abe on 29 March: 8 days, the window's last one among them
    "slack.weekly_posting": 1,
    "slack.monthly_posting": 2,
    # with reading: Ana, Abe and Ali within 8 days, Amy too within 29
    "slack.weekly_active": 3,
    "slack.monthly_active": 4,
    "google.active_7d": 2,  # Abe's day is the eighth; the files are too few for thirty
    # Ana, Abe, Bob, Amy (29 days ago) and Ben (30); Bea's day is the 31st
    "mattermost.mau": 5,
    "mattermost.mau_server": 6,
    "swoop.active_users": 3 / 7,
    "swoop.interactive_user": 1 / 7,
    "swoop.engagement_people": 3 / 7,
    # five posts: a reaction to the first, answers to the third and to Abe's
    "swoop.response_rate": 3 / 5,
    "swoop.community_health": 5 / 6,
    # Ana and Abe turned to each other; Ana mentioned Ben and Bea
    "swoop.two_way": 1 / 3,
    # 5 posts, 4 replies, 2 reactions, 1 tag, 2 mentions, 1 file
    "tygraph.mae": 15,
    "tygraph.engaged": 3 / 7,
    "google.cross_team": 3 / 7,
    "viva.is_active": 2 / 7,
    "viva.segment_power": 0,
    "viva.segment_habitual": 1 / 7,
    "viva.segment_novice": 0,
    "viva.segment_low": 5 / 7,
    "viva.segment_non_user": 1 / 7,
    # two ends of one pair over seven people; no other pair to be weaker than
    "viva.strong_tie": 2 / 7,
    "viva.diverse_tie": 0,
    # eleven contributions, one to everybody
    "worklytics.collaboration": 10,
    # weeks of 1, 1, 1, 1, 1, 1, 1, 4, 3, 1, 4, 3: mean 22/12, squares 58, variance (58 - 22 · 22/12)/11
    "worklytics.cv12wk": ((58 - 22 * 22 / 12) / 11) ** 0.5 / (22 / 12),
    "angeletou.thread_reciprocity": 2 / 5,
    # Ana 1 in of 4, Abe 1 of 2, Ben and Bea 1 of 1
    "angeletou.person_reciprocity": (1 / 4 + 1 / 2 + 1 + 1) / 4,
}


def test_every_lens_has_its_own_answer(marts: duckdb.DuckDBPyConnection) -> None:
    union = " union all ".join(
        f"select metric_id, value from marts.agg_lens_{part} where period_start_date = date '{WINDOW}'"
        for part in ("people", "posts", "actions", "pairs", "strength")
    )
    found = values(marts, union) | values(
        marts, f"select metric_id, value from marts.agg_lens_usage where period_start = date '{WINDOW}'"
    )
    assert {name: found[name] for name in LENSES} == pytest.approx(dict(LENSES), abs=2e-9)


def test_what_no_source_shows_is_null(marts: duckdb.DuckDBPyConnection) -> None:
    unseen = values(
        marts,
        "select metric_id, count(value) from marts.fct_lens_release"
        " where suppressed_reason = 'not_observable' group by metric_id",
    )
    assert set(unseen.values()) == {0}
    assert {"swoop.reach", "swoop.engagement_seen", "tygraph.mae_legacy", "google.active_30d"} <= set(unseen)
    assert "slack.weekly_active" not in unseen


def test_adoption_counts_the_silent_and_needs_whole_weeks(marts: duckdb.DuckDBPyConnection) -> None:
    """Seven are eligible, Ali among them; the vendors' spans leave our own window as it is."""
    query = "select * from marts.agg_adoption_window where unit = '_org'"
    rows = marts.execute(query).to_arrow_table().to_pylist()
    last = next(row for row in rows if row["period_start_date"] == WINDOW)
    names = ("eligible_n", "active_contributing", "classifiable_n", "habitual", "low_users", "non_users", "adopters")
    assert [last[name] for name in names] == [7, 3, 7, 1, 5, 1, 1]
    first = min(rows, key=lambda row: row["period_start_date"])
    assert (first["classifiable_n"], first["eligible_n"]) == (0, 7), "with four weeks nobody has a habit or none"


BEHAVIOUR: Mapping[str, float | None] = {
    # one pair of 21 with two days each way, inside unit A; 12 pairs across, 6 + 3 inside
    "O1_cross": 0,
    "O1_within": 1 / 9,
    "O1_degree": 0,
    "O2": -1,
    "O2_expected": (12 - 9) / 21,
    "O2_excess": -1 - 3 / 21,
    "O3": 1,
    "O3b": 1,
    "O8": 0,
    "O10": 5 / 7,
    # questions: 25 working hours, 12 (Sunday does not count), and one without an answer in more than 72
    "O4": 25,
    "O4_s4": 1,
    "O4_s24": 2 / 3,
    "O4_s72": 1 / 3,
    "O5": 2 / 3,
    # all posts are older than 72 hours, so that the curve is the plain share
    "O11": 2 / 5,
    "O12": 2 / 5,
    "O7_0": 4 / 7,
    "O7_1_4": 2 / 7,
    "O7_5": 1 / 7,
}


def test_behaviour(marts: duckdb.DuckDBPyConnection) -> None:
    query = (
        f"select metric_id, value from marts.agg_behaviour where unit = '_org' and period_start_date = date '{WINDOW}'"
    )
    found = values(marts, query)
    assert {name: found[name] for name in BEHAVIOUR} == pytest.approx(dict(BEHAVIOUR), abs=1e-6)


def test_two_emoji_of_one_person_are_two_reactions(marts: duckdb.DuckDBPyConnection) -> None:
    query = (
        f"select count(*), count(distinct user_key) from staging.stg_slack__reactions where sent_at >= date '{WINDOW}'"
    )
    assert marts.execute(query).fetchone() == (2, 1)
