"""Each third-party file, dropped into the folder of its tool: what is loaded of it, or why it is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from tests.fixtures.golden import PEOPLE
from tests.fixtures.parsed import SEEN_AT
from tests.fixtures.samples import sample
from throughline import lake
from throughline.landing import LandingFile
from throughline.source import Refused, Source
from throughline.sources import SOURCES

FOLDERS: Final = {"m365": "viva_insights", "maven-crm": "salesforce"}  # else the folder of the tool's own name
HUBSPOT, SALESFORCE, EXTRACT = "hubspot/fivetran+dbt_hubspot", "salesforce/fivetran+dbt_salesforce", "salesforce/SFDC"
MESSAGES: Final = ("messages", "mentions", "reactions", "spaces", "accounts")
LOADED: Final[dict[str, dict[str, int]]] = {
    f"{HUBSPOT}/company_data.csv": {"accounts": 24},
    f"{HUBSPOT}/deal_data.csv": {"deals": 44},
    f"{HUBSPOT}/deal_stage_data.csv": {"deal_stages": 14},
    f"{HUBSPOT}/owner_data.csv": {"owners": 173},  # 100 by id, 73 by a name of their own
    f"{HUBSPOT}/users_data.csv": {"owners": 2},
    "mattermost/zulip+zulip/export.jsonl": dict(zip(MESSAGES, (21, 1, 9, 5, 5), strict=True)),
    "mattermost/zulip+zulip/guestExport.jsonl": dict(zip(MESSAGES, (21, 1, 9, 5, 6), strict=True)),
    "rocketchat/zulip+zulip/rocketchat_bson_dump.zip": dict(zip(MESSAGES, (87, 6, 10, 16, 8), strict=True)),
    f"{EXTRACT}-Assets+gen-ai-demo/Account.csv": {"accounts": 94},
    f"{EXTRACT}-Assets+gen-ai-demo/Contact.csv": {"contacts": 64},
    f"{EXTRACT}-Assets+gen-ai-demo/Opportunity.csv": {"opportunities": 58},
    f"{SALESFORCE}/sf_account_data.csv": {"accounts": 10},
    f"{SALESFORCE}/sf_account_history_data.csv": {"accounts": 10},
    f"{SALESFORCE}/sf_contact_data.csv": {"contacts": 4},
    f"{SALESFORCE}/sf_contact_history_data.csv": {"contacts": 4},
    f"{SALESFORCE}/sf_opportunity_data.csv": {"opportunities": 10},
    f"{SALESFORCE}/sf_opportunity_history_data.csv": {"opportunities": 10},
    f"{SALESFORCE}/sf_user_data.csv": {"users": 10},
    "slack/hfaran+slack-export-viewer/export.zip": {
        "messages": 158, "mentions": 14, "reactions": 1, "channels": 2, "users": 4
    },
    "slack/houstondatavis+slack-export/export.zip": {
        "messages": 1_382, "mentions": 155, "reactions": 199, "channels": 16, "users": 71
    },
    "slack/rht+slack2zulip-data-converter/export.zip": {"messages": 27, "channels": 2, "users": 1},
    "slack/zulip+zulip/test_slack_importer.zip": {
        "messages": 91, "mentions": 5, "reactions": 2, "channels": 2, "users": 4
    },
    "slack/zulip+zulip/test_unicode_slack_importer.zip": {"messages": 5, "channels": 3, "users": 1},
}  # fmt: skip
OTHER_OBJECT: Final = (
    "an object that is not used; if it is one of Account, Contact, Opportunity, OpportunityHistory, User, "
    "name the file after it"
)
TOLD: Final = {  # beginning of the path -> what is said of the file: refused, or ignored as a whole
    "dynamics365/": "is no view of Dynamics 365",  # a table of labels, of which the folder of Synapse Link holds one
    f"{HUBSPOT}/form_data.csv": "is no table of deals, companies or owners",
    f"{HUBSPOT}/": "an object that is not used",
    "m365/microsoft+FastTrack/": "a date that is not written YYYY-MM-DD may mean 2023-07-05 or 2023-05-07 (row 2)",
    "m365/microsoft+viva-insights-sample-code/": "column PersonId is missing",
    "m365/microsoft+vivainsights-py/": "a query of meetings or of collaboration, which is not used",
    "maven-crm/": "cannot tell the object from name or header",  # a spreadsheet; tests of the CRMs reshape it
    "pipedrive/": "Pipedrive list export takes .csv",  # a page of the API
    f"{EXTRACT}-Assets+gen-ai-demo/": OTHER_OBJECT,
    f"{SALESFORCE}/sf_user_role_data.csv": "cannot tell the object from name or header",
    f"{SALESFORCE}/": OTHER_OBJECT,
    "salesforce/weekly-export-headers/": "cannot tell the object from name or header",
    "slack/haskell-jp+slack-log/": "a community log of Slack (numbered pages, no users.json, no channels.json), "
    "not Slack's own export",
    "slack/zulip+zulip/": "Slack workspace export takes .zip",  # parts of an export
}


def test_every_file_of_the_samples_is_loaded_or_refused_for_the_reason_that_is_due(
    shared: Path, tmp_path: Path
) -> None:
    files: list[dict[str, Any]] = json.loads(sample(shared, "MANIFEST.json").read_text())["files"]
    assert len(files) == 106
    assert set(LOADED) < {file["path"] for file in files}
    found = {file["path"]: what_becomes_of(shared, file["path"], number, tmp_path) for number, file in enumerate(files)}
    due = {path: LOADED.get(path) or next(TOLD[one] for one in TOLD if path.startswith(one)) for path in found}
    assert found == due
    for file in files:  # as counted when the samples were taken
        counts, loaded = file.get("counts", {}), LOADED.get(file["path"], {})
        if "rows" in counts and loaded and "owners" not in loaded:
            assert sum(loaded.values()) == counts["rows"]
        if "day_files" in counts:
            assert (loaded["messages"], loaded["users"]) == (counts["messages"], counts["users"])


def what_becomes_of(shared: Path, path: str, number: int, folder: Path) -> dict[str, int] | str:
    """Rows by table, or the sentence."""
    tool, file = path.split("/", maxsplit=1)[0], sample(shared, path)
    source: Source = SOURCES[FOLDERS.get(tool, tool)]
    if not path.endswith(source.endings):
        return f"{source.title} takes {' or '.join(source.endings)}"
    landing = LandingFile(
        source.name, f"{source.name}/{file.name}", file, f"{number:064}", file.stat().st_size, SEEN_AT
    )
    try:
        landed = lake.land(folder, source, landing, PEOPLE)
    except Refused as refused:
        assert not list(folder.rglob(f"{landing.file_id}*")), "a file that is refused leaves nothing behind"
        return refused.what
    assert landed.rows_in == landed.rows_loaded + landed.rows_rejected + landed.rows_duplicate
    assert (landed.damaged, landed.rows_rejected, landed.rows_duplicate) == ([], 0, 0)
    rows = {table: pq.read_metadata(parquet).num_rows for table, parquet in landed.parquet.items()}
    assert sum(rows.values()) == landed.rows_loaded
    return rows or landed.ignored[0].reason
