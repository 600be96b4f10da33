"""Account maps: a space of a tool and the account of a CRM that it is about."""

from __future__ import annotations

from pathlib import Path

from tests.fixtures.parsed import parsed, refusal, written
from throughline.sources.account_map import SOURCE


def test_rows_are_spelled_alike_and_what_ties_to_nothing_is_rejected(tmp_path: Path) -> None:
    rows = [
        "Slack,#Acme  Deals,Salesforce,0015,",
        "slack,acme-*,salesforce,,HTTPS://WWW.Acme.example/de",
        "slack,acme,salesforce,,",
        "slack,acme,salesforce,,ada@acme.example",
        "My Slack,acme,salesforce,1,",
        "slack,acme,Sales Force,1,",
        "slack,,salesforce,1,",
    ]
    path = written(tmp_path / "m.csv", "Tool,Space,CRM,Account ID,Domain\n" + "\n".join(rows))
    found = parsed(SOURCE, path)
    assert [tuple(row.values()) for row in found["account_spaces"]] == [
        ("slack", "acme deals", "salesforce", "0015", ""),
        ("slack", "acme-*", "salesforce", "", "acme.example"),
    ]
    assert [(bad.place.split()[-1], bad.reason) for bad in found.rejected] == [
        ("4", "it names neither account nor domain"),
        ("5", "the domain is none, such as example.org"),
        ("6", "the tool is no name of a landing folder"),
        ("7", "the CRM is no name of a landing folder"),
        ("8", "Space is empty"),
    ]


def test_a_map_without_accounts_and_domains_ties_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "m.csv", "tool,space,crm\nslack,acme,salesforce\n")
    assert [bad.reason for bad in parsed(SOURCE, path).rejected] == ["it names neither account nor domain"]
    assert "column space is missing" in refusal(SOURCE, written(tmp_path / "n.csv", "tool,crm,domain\nslack,x,a.b\n"))
