"""A Slack Enterprise Grid export: workspaces below teams/, conversations of the organisation beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.parsed import Outcome, parsed
from tests.fixtures.slack import Content, channel, message, ts, user, write_zip
from throughline.sources import slack


def workspace(team: str, *people: int, **more: Any) -> dict[str, Content]:
    """A workspace of its own with the channel general."""
    return {
        "users.json": [user(number, team_id=team) for number in people],
        "channels.json": [channel(people[0], "general")],
        "general/2023-11-14.json": [message(1, author=f"U{people[0]:08}", team=team, **more)],
    }


def grid(**more: Content) -> dict[str, Content]:
    """Two workspaces, and a channel and a group message of the whole organisation."""
    both = user(1, team_id="T1", enterprise_user={"enterprise_id": "E1"})
    return {
        "org_users.json": [
            both,
            user(2, team_id="T2", enterprise_user={"enterprise_id": "E1", "teams": ["T2"]}),
            user(3),
        ],
        "channels.json": [channel(9, "all-hands", is_org_shared=True)],
        "mpims.json": [channel(8, "mpdm-ada--bo-1")],
        "all-hands/2023-11-14.json": [message(1, author="U00000002", team="T2"), message(2, team="T1")],
        "mpdm-ada--bo-1/2023-11-14.json": [message(3)],
        **{f"teams/sales/{name}": content for name, content in workspace("T1", 1).items()},
        **{f"teams/people ops/{name}": content for name, content in workspace("T2", 2).items()},
        **more,
    }


def read(tmp_path: Path, members: dict[str, Content]) -> Outcome:
    return parsed(slack.SOURCE, write_zip(tmp_path / "export.zip", members))


@pytest.mark.parametrize("wrapper", ["", "Grid export Nov 2023/", "a\\"])
def test_every_message_of_a_grid_lies_in_its_workspace_or_in_the_organisation(tmp_path: Path, wrapper: str) -> None:
    found = read(tmp_path, {wrapper + name: content for name, content in grid().items()})
    assert [(row["team_id"], row["channel_id"], row["ts"], row["user_id"]) for row in found["messages"]] == [
        ("E1", "C00000009", ts(1), "U00000002"),
        ("E1", "C00000009", ts(2), "U00000001"),
        ("E1", "C00000008", ts(3), "U00000001"),
        ("T2", "C00000002", ts(1), "U00000002"),  # by folder name: people ops, sales
        ("T1", "C00000001", ts(1), "U00000001"),
    ]
    assert [(row["team_id"], row["name"], row["kind"]) for row in found["channels"]] == [
        ("E1", "all-hands", "public"),
        ("E1", None, "group_dm"),
        ("T2", "general", "public"),
        ("T1", "general", "public"),
    ]
    assert [(row["team_id"], row["user_id"], row["email"]) for row in found["users"]] == [
        *(("E1", f"U0000000{number}", f"person{number}@example.com") for number in (1, 2, 3)),
        ("T2", "U00000002", "person2@example.com"),
        ("T1", "U00000001", "person1@example.com"),
    ]
    assert (found.rejected, found.damaged, found.ignored) == ([], [], [])


def test_a_workspace_of_a_grid_is_the_same_when_it_is_exported_on_its_own(tmp_path: Path) -> None:
    alone = read(tmp_path, workspace("T1", 1))
    inside = [row for row in read(tmp_path, grid())["messages"] if row["team_id"] == "T1"]
    assert inside == alone["messages"]


def test_who_is_listed_for_the_organisation_is_no_stranger_in_a_workspace(tmp_path: Path) -> None:
    bot = user(7, is_bot=True)
    day = [message(5, author="U00000003"), message(6, author="U00000007"), message(7, author="U00000099")]
    found = read(tmp_path, grid(**{"org_users.json": [user(3), bot], "teams/sales/general/2023-11-15.json": day}))
    posts = {row["user_id"]: row["is_bot"] for row in found["messages"] if row["ts"] in (ts(5), ts(6), ts(7))}
    assert posts == {"U00000003": False, "U00000007": True, "U00000099": False}
    in_sales = {row["user_id"] for row in found["users"] if row["team_id"] == "T1"}
    assert in_sales == {"U00000001", "U00000099"}


def test_the_id_of_the_organisation_may_stand_beside_the_account(tmp_path: Path) -> None:
    found = read(tmp_path, grid(**{"org_users.json": [user(1, enterprise_id="E7")]}))
    assert {row["team_id"] for row in found["messages"]} == {"E7", "T1", "T2"}


def test_without_an_id_of_the_organisation_its_conversations_still_share_one(tmp_path: Path) -> None:
    found = read(tmp_path, grid(**{"org_users.json": [user(1)]}))
    assert {row["team_id"] for row in found["messages"]} == {"E_unknown", "T1", "T2"}


def test_a_grid_of_which_only_the_workspaces_were_kept_is_read(tmp_path: Path) -> None:
    kept = {name: content for name, content in grid().items() if name.startswith("teams/")}
    found = read(tmp_path, kept)
    assert {row["team_id"] for row in found["messages"]} == {"T1", "T2"}
    assert [part.place for part in found.ignored] == ["org_users.json"]
    alone = {name: content for name, content in kept.items() if name.startswith("teams/sales/")}
    assert {row["team_id"] for row in read(tmp_path, alone)["messages"]} == {"T1"}


@pytest.mark.parametrize("lists", [(), ("users.json",), ("groups.json",)])
def test_a_workspace_is_one_with_any_of_its_lists_or_none(tmp_path: Path, lists: tuple[str, ...]) -> None:
    members = grid(**{"teams/sales/groups.json": [channel(5, "deals")]})
    gone = {"users.json", "channels.json", "groups.json"}.difference(lists)
    found = read(tmp_path, {name: members[name] for name in members if name not in {f"teams/sales/{n}" for n in gone}})
    assert sorted(row["team_id"] for row in found["messages"]) == ["E1", "E1", "E1", "T1", "T2"]
    assert "other files" not in [part.place for part in found.ignored]


def test_damage_and_gaps_are_placed_in_their_workspace(tmp_path: Path) -> None:
    broken: dict[str, Content] = {
        "teams/sales/users.json": b"[{",
        "teams/sales/lists.json": b'[\n""\n]',
        "teams/sales/general/2023-11-15.json": b"{",
        "teams/sales/general/2023-11-16.json": [{"type": "message"}],
        "teams/sales/general/canvas_in_the_conversation.json": [{"id": "F1"}],
    }
    members = grid(**broken)
    del members["teams/people ops/users.json"]
    found = read(tmp_path, members)
    assert [part.place for part in found.damaged] == [
        "teams/sales/users.json, line 1, column 3",
        "teams/sales/general/2023-11-15.json, line 1, column 2",
    ]
    assert [part.place for part in found.rejected] == ["teams/sales/general/2023-11-16.json, record 1"]
    assert [part.place for part in found.ignored] == [
        "teams/people ops/users.json",
        "teams/sales/lists.json",
        "teams/sales/other files",
    ]
    assert {row["team_id"] for row in found["messages"]} == {"E1", "T1", "T2"}  # told by the messages


def test_a_channel_of_the_organisation_called_teams_is_no_workspace(tmp_path: Path) -> None:
    found = read(tmp_path, grid(**{"teams/2023-11-14.json": [message(9)], "channels.json": [channel(7, "teams")]}))
    assert ("E1", "C00000007", ts(9)) in {(row["team_id"], row["channel_id"], row["ts"]) for row in found["messages"]}


def test_a_new_field_in_any_workspace_is_told_also_of_objects_in_a_record(tmp_path: Path) -> None:
    profile = {"email": "ada@example.com", "shoe_size": "43"}
    sales = workspace("T1", 1) | {
        "users.json": [user(1, team_id="T1", profile=profile)],
        "general/2023-11-14.json": [
            message(1, edited={"ts": ts(2), "mood": 1}, reactions=[{"name": "x", "users": []}])
        ],
    }
    found = read(tmp_path, grid(**{f"teams/sales/{name}": content for name, content in sales.items()}))
    assert [(one.table, one.new) for one in found.columns] == [
        ("messages", ("edited.mood",)),
        ("channels", ()),
        ("users", ("profile.shoe_size",)),
    ]
    assert {"edited.ts", "reactions.name", "reactions.users"} <= set(found.columns[0].used)


@pytest.mark.parametrize(("days", "told"), [(2, {1, 2}), (4, {1, 2, 3, 4}), (9, {1, 4, 7})])
def test_of_many_day_files_those_spread_over_the_export_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, told: set[int]
) -> None:
    monkeypatch.setattr(slack, "SAMPLED", 4)
    files = {f"general/2023-11-{day:02}.json": [message(day, **{f"day_{day}": 1})] for day in range(1, days + 1)}
    found = read(tmp_path, {"users.json": [user(1)], "channels.json": [channel(1, "general")], **files})
    assert found.columns[0].new == tuple(f"day_{day}" for day in sorted(told))


def test_a_list_without_addresses_tells_that_they_are_missing(tmp_path: Path) -> None:
    found = read(tmp_path, grid(**{"org_users.json": [], "teams/people ops/users.json": [user(2, profile={})]}))
    assert [one.missing for one in found.columns if one.table == "users"] == [()], "a workspace tells some"
    alone = {"users.json": [user(1, profile={"title": "x"})], "general/2023-11-14.json": [message(1)]}
    assert "profile.email" in read(tmp_path, alone).columns[-1].missing
