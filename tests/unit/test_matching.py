"""Few matches are told, too few stop the publish; a roster that is missing is no bad match."""

from __future__ import annotations

from typing import Any

import pytest

from throughline.matching import REMEDY, InputMatch, check, input_warnings, matches, missing, warnings
from throughline.source import Refused


def row(source: str, accounts: int, known: int, matched: int, **more: Any) -> dict[str, Any]:
    counts = {"account_count": accounts, "known_count": known, "matched_count": matched, "roster_count": 100}
    return {"source": source, "is_tool": True} | counts | more


def test_an_export_without_addresses_matches_nobody_and_stops_the_publish() -> None:
    with pytest.raises(Refused) as refused:
        check(matches([row("slack", 4, 0, 0), row("salesforce", 50, 50, 50, is_tool=False)]))
    assert refused.value.sentence == (
        "not published: slack: 0 % of 4 accounts matched with the roster; 4 show no e-mail address and are in no "
        f"identity map; {REMEDY}, and run again"
    )


@pytest.mark.parametrize(
    ("rows", "stops"),
    [
        ([row("slack", 100, 100, 10)], False),  # one in ten
        ([row("slack", 100, 100, 9)], True),
        ([row("slack", 100, 100, 0), row("teams", 100, 100, 20)], False),  # a second tool finds them: 20 of 200
        ([row("slack", 5000, 5000, 90)], False),  # outsiders: 90 of the 100 who could match
        ([row("slack", 100, 0, 0, roster_count=0)], False),  # nobody to match with
        ([row("salesforce", 100, 0, 0, is_tool=False)], False),
        ([], False),
    ],
)
def test_only_the_tools_together_stop_it(rows: list[dict[str, Any]], stops: bool) -> None:
    found = matches(rows)
    if not stops:
        check(found)
        return
    with pytest.raises(Refused):
        check(found)


def test_each_source_below_half_is_told() -> None:
    found = matches([row("teams", 10, 10, 5), row("slack", 10, 8, 4), row("hubspot", 3, 3, 1, is_tool=False)])
    assert [sentence.split(";")[0] for sentence in warnings(found)] == [
        "hubspot: 33 % of 3 accounts matched with the roster",
        "slack: 40 % of 10 accounts matched with the roster",
    ]


def test_what_finds_no_match_is_told_in_one_sentence_a_source() -> None:
    found = [
        InputMatch("org_calendar", "zone", 1, 0),
        InputMatch("account_map", "line", 1200, 1197),
        InputMatch("hubspot", "deal", 44, 30),
        InputMatch("salesforce", "deal", 10, 10),
    ]
    assert [sentence.split(";")[0] for sentence in input_warnings(found)] == [
        "account_map: 3 of 1,200 lines name nothing that the exports hold",
        "hubspot: 14 of 44 deals stand in a stage whose outcome nothing tells",
        "org_calendar: its working hours are those of another zone than that in which days and weeks are cut",
    ]


def test_inputs_that_nobody_landed_are_told_once_something_is() -> None:
    assert [sentence.split(",")[0] for sentence in missing({"slack"})] == [
        "no roster is landed",
        "no purpose is registered",
    ]
    assert [sentence.split(",")[0] for sentence in missing({"slack", "people"})] == ["no purpose is registered"]
    assert missing({"people", "purposes"}) == missing(set()) == []
