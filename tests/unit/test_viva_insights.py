"""Person queries of Viva Insights: which columns are metrics, dates of a declared order, persons without a name."""

from __future__ import annotations

import json
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures import golden
from tests.fixtures.parsed import Outcome, parsed, refusal, written
from throughline.source import Refused
from throughline.sources.viva_insights import SOURCE

FIXTURES = Path(__file__).parents[1] / "fixtures" / "viva_insights"
HEADER = "PersonId,MetricDate,Meeting hours,Meetings,IsActive"
ROW = "p1,2026-03-01,9.75,11.833333,TRUE"


def query(folder: Path, *lines: str) -> Outcome:
    return parsed(SOURCE, written(folder / "q.csv", "\n".join(lines) + "\n"))


def kept(_: Path) -> dict[str, list[dict[str, Any]]]:
    """Table -> rows of the golden query, as the lake writes them."""
    return golden.kept(SOURCE, [golden.landing_file(SOURCE, FIXTURES / "original" / "person-query.csv")])


def test_exactly_this_is_kept(tmp_path: Path) -> None:
    expected = json.loads((FIXTURES / "kept" / "metrics.json").read_text(encoding="utf-8"))
    assert kept(tmp_path) == {"metrics": expected}


def test_no_name_attribute_or_address_is_kept(tmp_path: Path) -> None:
    text = json.dumps(kept(tmp_path)).lower()
    for personal in ("greta", "tove", "@", "1980", "sailing", "00000000-0000"):
        assert personal not in text


def test_one_row_for_each_metric_with_a_value(tmp_path: Path) -> None:
    found = query(tmp_path, HEADER, ROW, "p2,2026-03-08,NA,0,FALSE")
    person = {"person_id": "p1", "email": None, "period_start_date": date(2026, 3, 1), "is_active": True}
    assert found["metrics"] == [
        {**person, "metric": "meeting_hours", "value": 9.75},
        {**person, "metric": "meetings", "value": 11.833333},
        {
            "person_id": "p2",
            "email": None,
            "period_start_date": date(2026, 3, 8),
            "metric": "meetings",
            "value": 0.0,
            "is_active": False,
        },
    ]
    assert len(found.ignored) == 1  # an empty value is no unreadable one


def test_both_spellings_are_one_metric_and_attributes_are_none(tmp_path: Path) -> None:
    header = "PersonId,MetricDate,After_hours_collaboration_hours,Emails sent,Network_size,Total Copilot active days"
    attributes = "Layer,OnsiteDays,Weekend_Days,HireDate,LevelDesignation,Paydays"
    found = query(tmp_path, f"{header},{attributes}", "p1,2026-03-01,1,2,3,4,5,6,7,8,9,10")
    assert {row["metric"]: row["value"] for row in found["metrics"]} == {
        "after_hours_collaboration_hours": 1,
        "emails_sent": 2,
        "network_size": 3,
        "total_copilot_active_days": 4,
    }
    assert found.columns[0].new == ("Paydays",)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("PersonId,MetricDate,Meetings", "a@firm.example,2026-03-01,1"),
        ("PersonId,MetricDate,Meetings,Email", "p1,2026-03-01,1,a@firm.example"),
    ],
)
def test_identified_persons_have_an_address(tmp_path: Path, header: str, row: str) -> None:
    found = query(tmp_path, header, row)
    assert found["metrics"][0]["email"] == "a@firm.example"
    assert found.ignored == []


def test_persons_without_a_name_are_told(tmp_path: Path) -> None:
    assert [note.reason for note in query(tmp_path, HEADER, ROW).ignored] == [
        "no person has an e-mail address: the query is de-identified and joins nobody"
    ]


def test_dates_are_never_guessed(tmp_path: Path) -> None:
    path = written(tmp_path / "q.csv", f"{HEADER}\n{ROW.replace('2026-03-01', '3/1/2026')}\n")
    assert "may mean 2026-01-03 or 2026-03-01" in refusal(SOURCE, path)
    found = parsed(SOURCE, path, "viva_insights/dates=MM-DD-YYYY/q.csv")
    assert found["metrics"][0]["period_start_date"] == date(2026, 3, 1)


@pytest.mark.parametrize("header", ["MeetingId,Number_of_attendees", "PrimaryCollaborator_PersonId,MetricDate"])
def test_other_queries_are_ignored(tmp_path: Path, header: str) -> None:
    found = query(tmp_path, header, "x,2026-03-01")
    assert (found.rows, len(found.ignored)) == ({}, 1)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([""], "is empty"),
        (["MetricDate,Meetings", "2026-03-01,1"], "column PersonId is missing"),
        (["PersonId,Meetings", "p,1"], "column MetricDate is missing"),
        (["PersonId,MetricDate,Layer", "p,2026-03-01,1"], "no column is a metric"),
        ([HEADER, ROW.replace("9.75", "some")], "most values cannot be read as number"),
    ],
)
def test_refusals(tmp_path: Path, lines: list[str], sentence: str) -> None:
    assert sentence in refusal(SOURCE, written(tmp_path / "q.csv", "\n".join(lines)))


def test_rows_without_person_or_date_are_rejected(tmp_path: Path) -> None:
    found = query(tmp_path, HEADER, ROW, ",2026-03-01,1,1,TRUE", "p,,1,1,TRUE", "p", ROW.replace("p1", "p3"))
    assert [one.reason for one in found.rejected] == [
        "PersonId is empty",
        "MetricDate is empty",
        "not as many cells as the header",
    ]
    assert len(found["metrics"]) == 4


def test_whatever_breaks_is_refused_or_told(tmp_path: Path) -> None:
    whole = "\n".join([HEADER, *(ROW.replace("p1", f"p{n}") for n in range(5))]).encode()
    dice = random.Random(7)  # noqa: S311  # the same breaks at each run
    for turn in range(300):
        broken = bytearray(whole)
        if turn % 2:
            broken[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
        else:
            del broken[dice.randrange(len(whole)) :]
        try:
            found = parsed(SOURCE, written(tmp_path / "q.csv", bytes(broken)))
        except Refused:
            continue
        assert all(row["person_id"] and row["period_start_date"] for row in found["metrics"])
