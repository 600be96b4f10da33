"""Third-party samples of Microsoft 365: a person query, queries of other kinds, and exports of other tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.parsed import parsed, refusal
from tests.fixtures.samples import sample
from throughline.sources import m365_reports, teams, viva_engage, viva_insights

PERSONS = "m365/microsoft+FastTrack/Sample-VivaInsights-PersonQuery-Export.csv"
OTHERS = "m365/microsoft+vivainsights-py"


def test_a_person_query_loads_when_the_order_of_its_dates_is_declared(shared: Path) -> None:
    path = sample(shared, PERSONS)
    assert "may mean 2023-07-05 or 2023-05-07" in refusal(viva_insights.SOURCE, path)
    found = parsed(viva_insights.SOURCE, path, "viva_insights/dates=MM-DD-YYYY/query.csv")
    rows = found["metrics"]
    assert len(rows) == 979 * 42  # person-weeks, metrics
    assert len({(row["person_id"], row["period_start_date"]) for row in rows}) == 979
    assert len({row["metric"] for row in rows}) == 42
    assert {row["period_start_date"].strftime("%A") for row in rows} == {"Sunday"}
    assert sum(row["value"] for row in rows if row["metric"] == "meeting_hours") == 18616.5
    assert found.rejected == []
    assert [note.reason.split(":")[0] for note in found.ignored] == ["no person has an e-mail address"]
    assert [(one.missing, one.new) for one in found.columns] == [(("Email",), ())]


@pytest.mark.parametrize("name", ["g2g", "mt", "p2g", "p2p"])
def test_queries_of_other_kinds_are_ignored(shared: Path, name: str) -> None:
    found = parsed(viva_insights.SOURCE, sample(shared, f"{OTHERS}/{name}_data.csv"))
    assert (found.rows, len(found.ignored)) == ({}, 1)


@pytest.mark.parametrize(
    "name", [PERSONS, f"{OTHERS}/p2p_data.csv", "m365/microsoft+viva-insights-sample-code/copilot-metrics-taxonomy.csv"]
)
def test_what_is_no_usage_report_is_refused(shared: Path, name: str) -> None:
    assert "none of the usage reports" in refusal(m365_reports.SOURCE, sample(shared, name))


@pytest.mark.parametrize(
    "name",
    [
        "slack/hfaran+slack-export-viewer/export.zip",
        "mattermost/zulip+zulip/export.jsonl",
        "rocketchat/zulip+zulip/rocketchat_bson_dump.zip",
        "pipedrive/dlt-hub+verified-sources/recents_response_with_null.json",
    ],
)
def test_exports_of_other_tools_are_no_teams_messages(shared: Path, name: str) -> None:
    assert "holds no messages, channels, teams or users" in refusal(teams.SOURCE, sample(shared, name))


def test_exports_of_other_tools_are_no_viva_engage(shared: Path) -> None:
    path = sample(shared, "slack/hfaran+slack-export-viewer/export.zip")
    assert "holds none of Messages.csv" in refusal(viva_engage.SOURCE, path)
