"""Identity maps: one address an account, keyed in the namespace of its tool."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.parsed import SEEN_AT, parsed, refusal, written
from throughline import lake
from throughline.landing import LandingFile
from throughline.privacy import Pseudonymiser
from throughline.sources.identity_map import IDENTITIES, SOURCE

PEOPLE = Pseudonymiser(b"k" * 32)


@pytest.mark.parametrize("header", ["tool,tool_user_id,email", "Tool;User ID;E-Mail", "source\taccount id\twork email"])
def test_headers_and_delimiters(tmp_path: Path, header: str) -> None:
    sign = next(sign for sign in ",;\t" if sign in header)
    row = sign.join(("HubSpot", "Ann   Bo", "Ann@x.example"))
    assert parsed(SOURCE, written(tmp_path / "map.csv", f"{header}\n{row}\n"))["identities"] == [
        {"tool": "hubspot", "tool_user_id": "Ann Bo", "email": "Ann@x.example"}
    ]


def test_an_account_is_keyed_in_the_namespace_of_its_tool(tmp_path: Path) -> None:
    path = written(
        tmp_path / "map.csv", "tool,tool_user_id,email\nslack,U1,a@x.example\nemail,Old@x.example,a@x.example\n"
    )
    file = LandingFile("identity_map", "identity_map/map.csv", path, "0" * 64, path.stat().st_size, SEEN_AT)
    landed = lake.land(tmp_path / "lake", SOURCE, file, PEOPLE)
    import pyarrow.parquet as pq

    rows = pq.read_table(landed.parquet["identities"]).to_pylist()
    assert [(row["tool"], row["tool_user_id"], row["email"]) for row in rows] == [
        ("slack", PEOPLE.key("slack", "U1"), PEOPLE.key("email", "a@x.example")),
        ("email", PEOPLE.key("email", "old@x.example"), PEOPLE.key("email", "a@x.example")),
    ]


def test_rows_that_cannot_be_used_are_rejected_without_showing_them(tmp_path: Path) -> None:
    rows = [
        "slack,U1,a@x.example",
        "slack,U1,A@X.example",  # the same once more
        "slack,U1,b@x.example",
        "slack,U2,nobody",
        "slack,,c@x.example",
        "My Tool,U3,c@x.example",
        "hubspot,U1,b@x.example",
        "email,Old@x.example,a@x.example",
        "email,old@x.example,b@x.example",
    ]
    found = parsed(SOURCE, written(tmp_path / "map.csv", "tool,tool user id,email\n" + "\n".join(rows) + "\n"))
    assert [row["email"] for row in found["identities"]] == [
        *("a@x.example", "A@X.example", "b@x.example", "a@x.example")
    ]
    assert [bad.place for bad in found.rejected] == [f"identity_map/map.csv row {row}" for row in (4, 5, 6, 7, 10)]
    assert sorted(bad.reason for bad in found.rejected) == [
        "an earlier row gives the account to another address",
        "an earlier row gives the account to another address",
        "email cannot be read as e-mail",
        "the tool is no name of a landing folder",
        "tool user id is empty",
    ]


def test_a_missing_column_refuses_the_map(tmp_path: Path) -> None:
    assert "column tool is missing" in refusal(SOURCE, written(tmp_path / "map.csv", "user id,email\nU1,a@x.example\n"))


def test_the_namespace_column_must_exist() -> None:
    from dataclasses import replace

    with pytest.raises(ValueError, match="namespace not in its schema"):
        replace(IDENTITIES, people={"tool_user_id": "{namespace}"})
