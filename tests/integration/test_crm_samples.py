"""Third-party samples of other CRMs: tables of a copying tool, a page of an API, a map of choices."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from tests.fixtures.parsed import parsed, refusal, written, zipped
from tests.fixtures.samples import sample
from throughline.landing import Archive
from throughline.reading.synapse_link import link
from throughline.sources import dynamics365, hubspot, pipedrive


@pytest.mark.parametrize(
    ("name", "table", "count"),
    [("deal", "deals", 44), ("company", "accounts", 24), ("deal_stage", "deal_stages", 14), ("users", "owners", 2)],
)
def test_hubspot_tables(shared: Path, name: str, table: str, count: int) -> None:
    found = parsed(hubspot.SOURCE, sample(shared, "hubspot/fivetran+dbt_hubspot") / f"{name}_data.csv")
    assert {name: len(rows) for name, rows in found.rows.items()} == {table: count}
    assert (found.rejected, found.damaged) == ([], [])
    if table == "deals":
        assert all(deal["created_at"] for deal in found["deals"])
        assert len({deal["deal_id"] for deal in found["deals"]}) == 44


def test_hubspot_owners_by_id_and_by_name(shared: Path) -> None:
    path = sample(shared, "hubspot/fivetran+dbt_hubspot") / "owner_data.csv"
    with path.open(newline="") as stream:
        listed = list(csv.DictReader(stream))
    found = parsed(hubspot.SOURCE, path)
    by_id = [owner for owner in found["owners"] if owner["owner_id"].isdecimal()]
    assert len(by_id) == len(listed) == 100
    assert {owner["owner_id"] for owner in by_id} == {owner["owner_id"] for owner in listed}
    emails: dict[str, set[str]] = {}
    for owner in listed:
        emails.setdefault(f"{owner['first_name']} {owner['last_name']}", set()).add(owner["email"])
    shared_names = sum(len(found) > 1 for found in emails.values())
    assert len(found["owners"]) - 100 == len(emails) - shared_names
    assert found.ignored[-1].reason.startswith(f"{shared_names} names belong to several people")


def test_every_other_hubspot_table_is_ignored_or_refused(shared: Path) -> None:
    used = {"deal", "company", "deal_stage", "users", "owner"}
    results: Counter[str] = Counter()
    for path in sorted(sample(shared, "hubspot/fivetran+dbt_hubspot").glob("*.csv")):
        if path.stem.removesuffix("_data") in used:
            continue
        if path.stem == "form_data":
            assert "is no table of deals" in refusal(hubspot.SOURCE, path)
            results["refused"] += 1
            continue
        found = parsed(hubspot.SOURCE, path)
        assert (found.rows, len(found.ignored)) == ({}, 1), path.stem
        results["ignored"] += 1
    assert results == {"ignored": 50, "refused": 1}


def test_a_page_of_pipedrives_api_is_no_list(shared: Path) -> None:
    path = sample(shared, "pipedrive/dlt-hub+verified-sources") / "recents_response_with_null.json"
    assert "is no list of Pipedrive" in refusal(pipedrive.SOURCE, path)


def test_choices_of_dynamics_have_labels(shared: Path, tmp_path: Path) -> None:
    text = (sample(shared, "dynamics365/fivetran+dbt_dynamics_365_crm") / "stringmap_data.csv").read_text("utf-8-sig")
    header, *rows = text.splitlines()
    model = {"entities": [{"name": "stringmap", "attributes": [{"name": name} for name in header.split(",")]}]}
    members = {"model.json": json.dumps(model).encode(), "stringmap/1.csv": "\n".join(rows).encode()}
    with Archive(zipped(tmp_path / "link.zip", members), "link.zip") as archive:
        found = link(archive, lambda entity, column: True)
    assert found
    assert len(found.labels) == 30
    assert found.of("opportunity", "name01") == {"18": "Readable Name 09"}


def maven(shared: Path, header: str, date_format: str) -> str:
    """The Maven deals as a list of Pipedrive, owners by name; dates by year, month, day."""

    def written_date(iso: str) -> str:
        return date_format.format(*iso.split("-"), iso[2:4]) if iso else ""

    lines = [header]
    with (sample(shared, "maven-crm/ikebude+CRM-Sales-Analysis") / "sales_pipeline.csv").open(newline="") as stream:
        for deal in csv.DictReader(stream):
            status = {"Won": "Won", "Lost": "Lost"}.get(deal["deal_stage"], "Open")
            day, closed = written_date(deal["engage_date"]), written_date(deal["close_date"])
            cells = [deal["opportunity_id"], deal["sales_agent"], deal["deal_stage"], status, deal["close_value"]]
            lines.append(",".join([*cells, day, closed if status == "Won" else "", closed if status == "Lost" else ""]))
    return "\n".join(lines) + "\n"


def test_maven_deals_as_a_list(shared: Path, tmp_path: Path) -> None:
    header = "Deal - ID,Deal - Owner,Deal - Stage,Deal - Status,Deal - Value,Deal - Deal created,"
    header += "Deal - Won time,Deal - Lost time"
    iso = parsed(pipedrive.SOURCE, written(tmp_path / "deals.csv", maven(shared, header, "{0}-{1}-{2}")))
    deals = iso["deals"]
    assert Counter(deal["outcome"] for deal in deals) == {"won": 4238, "lost": 2473, "open": 2089}
    assert len({deal["deal_id"] for deal in deals}) == 8800
    assert len({deal["owner_id"] for deal in deals}) == 30
    assert sum(deal["closed_at"] is not None for deal in deals) == 4238 + 2473
    assert sum(deal["amount"] or 0 for deal in deals) == 10_005_534
    copy = written(tmp_path / "copy.csv", maven(shared, header, "{2}-{1}-{3}"))
    assert "may mean" in refusal(pipedrive.SOURCE, copy)
    assert parsed(pipedrive.SOURCE, copy, "pipedrive/dates=DD-MM-YY/deals.csv").rows == iso.rows


def test_a_sample_of_dynamics_alone_is_no_view(shared: Path) -> None:
    path = sample(shared, "dynamics365/fivetran+dbt_dynamics_365_crm") / "stringmap_data.csv"
    assert "is no view of Dynamics 365" in refusal(dynamics365.SOURCE, path)
