"""Purpose files: values only, every refusal of the registry, and what makes a purpose not measurable."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.fixtures.parsed import SEEN_AT, Outcome, parsed, refusal, written
from throughline.sources.purposes import SOURCE

LINES = {
    "id": "faster-handover",
    "title": "Sales and service hand over large accounts in the open",
    "sponsor_role": "Head of Customer Operations",
    "owner_role": "Account operations lead",
    "org_goal": "G3-retention",
    "stage": "pilot",
    "behaviour_metric": "O5",
    "outcome_metric": "C1b_180",
    "primary": "true",
    "population": "{unit: team, org_units: [EMEA-Sales, EMEA-Service], exclude_roles: [], eligible_from: 2026-01-05}",
    "spaces": '["slack:#Handover-*", "engage:Handover", "tag:#handover"]',
    "start_date": "2026-03-02",
    "baseline": "{window: [2025-09-01, 2026-03-01], value: 0.24}",
    "target": "{value: 0.29, by: 2026-12-31}",
    "min_effect_of_interest": "0.03",
    "design": "{method: staggered_did, unit: team, cluster: team, landmark_days: 14, anticipation: 0}",
    "stop_rule": "{date: 2026-09-30, when: [harm, null_supported]}",
    "secondary": "[]",
}


def text(**changed: str | None) -> str:
    """The file with some fields written differently; None leaves one out."""
    return "".join(f"{name}: {value}\n" for name, value in (LINES | changed).items() if value is not None)


def purpose(folder: Path, content: str | bytes) -> Outcome:
    return parsed(SOURCE, written(folder / "purpose.yml", content))


def refused(folder: Path, content: str | bytes) -> str:
    return refusal(SOURCE, written(folder / "purpose.yml", content))


def content_hash(folder: Path, content: str) -> str:
    found = purpose(folder, content)["purposes"][0]["content_hash"]
    assert len(found) == 64
    return str(found)


def test_every_column_of_a_purpose(tmp_path: Path) -> None:
    found = purpose(tmp_path, text())
    row = dict(found["purposes"][0])
    key = {"purpose_id": row.pop("purpose_id"), "content_hash": row.pop("content_hash")}
    assert key["purpose_id"] == "faster-handover"
    assert row == {
        "title": "Sales and service hand over large accounts in the open",
        "sponsor_role": "Head of Customer Operations",
        "owner_role": "Account operations lead",
        "org_goal": "G3-retention",
        "stage": "pilot",
        "behaviour_metric": "O5",
        "outcome_metric": "C1b_180",
        "is_primary": True,
        "population_unit": "team",
        "eligible_from_date": date(2026, 1, 5),
        "start_date": date(2026, 3, 2),
        "baseline_from_date": date(2025, 9, 1),
        "baseline_until_date": date(2026, 3, 1),
        "baseline_value": 0.24,
        "target_value": 0.29,
        "target_by_date": date(2026, 12, 31),
        "min_effect_of_interest": 0.03,
        "method": "staggered_did",
        "design_unit": "team",
        "cluster": "team",
        "landmark_days": 14,
        "anticipation_periods": 0,
        "lot_share": None,
        "stop_date": date(2026, 9, 30),
        "is_measurable": True,
        "missing": "",
        "registered_at": SEEN_AT,
    }
    assert found["org_units"] == [
        key | {"org_unit": "EMEA-Sales", "is_drawn": None},
        key | {"org_unit": "EMEA-Service", "is_drawn": None},
    ]
    assert found["spaces"] == [
        key | {"space": "slack:#Handover-*", "space_source": "slack", "pattern": "handover-*"},
        key | {"space": "engage:Handover", "space_source": "engage", "pattern": "handover"},
        key | {"space": "tag:#handover", "space_source": "tag", "pattern": "handover"},
    ]
    assert (found["secondary"], found.ignored) == ([], [])


def test_the_hash_is_of_the_content_not_of_its_writing(tmp_path: Path) -> None:
    reference = content_hash(tmp_path, text())
    turned = "# a comment\n" + "".join(reversed(text(start_date='"2026-03-02"').splitlines(keepends=True)))
    assert content_hash(tmp_path, turned) == reference
    assert content_hash(tmp_path, text(min_effect_of_interest="0.04")) != reference


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"org_goal": None}, "org_goal"),
        ({"owner_role": '""'}, "owner_role"),
        ({"outcome_metric": None}, "outcome_metric"),
        ({"baseline": None}, "baseline.window baseline.value"),
        ({"baseline": "{window: [2025-09-01, 2026-03-01]}"}, "baseline.value"),
        ({"target": None}, "target.value target.by"),
        ({"target": "{value: 0.29}"}, "target.by"),
        ({"min_effect_of_interest": None}, "min_effect_of_interest"),
    ],
)
def test_an_incomplete_purpose_is_accepted_as_not_measurable(
    tmp_path: Path, changed: dict[str, str | None], missing: str
) -> None:
    row = purpose(tmp_path, text(**changed))["purposes"][0]
    assert (row["is_measurable"], row["missing"]) == (False, missing)


def test_an_id_alone_is_a_purpose(tmp_path: Path) -> None:
    found = purpose(tmp_path, "id: idea\n")
    assert (found["purposes"][0]["stage"], found["purposes"][0]["is_primary"], list(found.rows)) == (
        None,
        True,
        ["purposes"],
    )


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"id": None}, "id is missing"),
        ({"id": "Faster Handover"}, "id must be lower-case"),
        ({"id": "_org"}, "id must be lower-case"),
        ({"outcome_metric": "C1b_18"}, "outcome_metric 'C1b_18' is no metric; did you mean C1b_180"),
        ({"outcome_metric": "C1b"}, "did you mean C1b_90, C1b_180, C1b_365?"),
        ({"behaviour_metric": "answered_48h"}, "behaviour_metric 'answered_48h' is no metric; did you mean O5"),
        ({"owner_role": "jo@firm.example"}, "owner_role names a person's address"),
        ({"owner_role": "Lead (Jo.Doe@firm.example)"}, "owner_role names a person's address"),
        ({"sponsor_role": "jo.doe"}, "sponsor_role names a person's address"),
        ({"sponsor_role": "'@jo'"}, "sponsor_role names a person's address"),
        ({"title": "Ask jo@firm.example"}, "title names a person's address"),
        ({"target": "{value: 29, by: 2026-12-31}"}, "target.value lies outside 0 to 1, and C1b_180 is a share"),
        ({"target": "{value: -0.01, by: 2026-12-31}"}, "target.value lies outside 0 to 1"),
        ({"baseline": "{window: [2025-09-01, 2026-03-01], value: 24}"}, "baseline.value lies outside 0 to 1"),
        ({"min_effect_of_interest": "1.01"}, "min_effect_of_interest lies outside 0 to 1"),
        ({"min_effect_of_interest": "3 %"}, "min_effect_of_interest must be a number"),
        ({"min_effect_of_interest": ".nan"}, "min_effect_of_interest must be a finite number"),
        ({"min_effect_of_interest": "true"}, "min_effect_of_interest must be a finite number"),
        ({"start_date": "2026-02-28"}, "start_date 2026-02-28 lies before the baseline window ends (2026-03-01)"),
        ({"start_date": "02.03.2026"}, "start_date must be a date, YYYY-MM-DD"),
        ({"start_date": "2026-03-02T10:00:00Z"}, "start_date must be a date, YYYY-MM-DD"),
        ({"start_date": "2026-02-30"}, "cannot be read"),
        ({"target": "{value: 0.29, by: 2026-03-01}"}, "target.by lies before start_date"),
        ({"baseline": "{window: [2026-03-01, 2025-09-01]}"}, "baseline.window must end after it begins"),
        ({"stage": "piloting"}, "stage must be one of skunkworks, pilot, scaled, stopped"),
        ({"design": "{method: magic}"}, "design.method must be one of did"),
        ({"design": "{looks: 2026-06-30}"}, "design.looks must be a list of dates"),
        ({"design": "{looks: [soon]}"}, "design.looks must be a date, YYYY-MM-DD"),
        (
            {"design": "{looks: [2026-06-30, 2026-03-02]}"},
            "design.looks names 2026-03-02, which is not after start_date",
        ),
        ({"design": "{lot: {drawn: [APAC-Sales]}}"}, "design.lot.drawn names APAC-Sales, which is not in population"),
        ({"design": "{lot: {drawn: [EMEA-Sales, EMEA-Service]}}"}, "design.lot.drawn names every unit"),
        ({"design": "{lot: {drawn: [EMEA-Sales], share: 1}}"}, "design.lot.share lies outside 0 to 1"),
        ({"target": "0.29"}, "target must be a mapping of value, by"),
        ({"spaces": '["#handover"]'}, "spaces has an entry that names no tool"),
        ({"spaces": "[1]"}, "spaces must be a list of texts"),
        ({"secondary": "[{outcome_metric: C99}]"}, "secondary[1].outcome_metric 'C99' is no metric"),
        ({"secondary": "[{target: {value: 1}}]"}, "secondary[1].outcome_metric is missing"),
        ({"secondary": "[{outcome_metric: C1, target: {value: 2}}]"}, "secondary[1].target.value lies outside"),
        ({"secondary": "[{outcome_metric: C1b_180}]"}, "secondary names an outcome twice"),
    ],
)
def test_refusals(tmp_path: Path, changed: dict[str, str | None], what: str) -> None:
    sentence = refused(tmp_path, text(**changed))
    assert what in sentence
    assert "@firm" not in sentence


def test_a_lot_and_its_looks(tmp_path: Path) -> None:
    design = (
        "{method: randomised, unit: team, lot: {drawn: [EMEA-Service]}, looks: [2026-09-30, 2026-06-30, 2026-09-30]}"
    )
    found = purpose(tmp_path, text(design=design))
    assert [(row["org_unit"], row["is_drawn"]) for row in found["org_units"]] == [
        ("EMEA-Sales", False), ("EMEA-Service", True),
    ]  # fmt: skip
    assert found["purposes"][0]["lot_share"] == 0.5  # where the file does not say how many were to be drawn
    assert [row["look_date"] for row in found["looks"]] == [date(2026, 6, 30), date(2026, 9, 30)]
    assert found.ignored == []


def test_a_share_may_be_0_or_1_and_days_may_be_more(tmp_path: Path) -> None:
    edge = text(target="{value: 1, by: 2026-12-31}", min_effect_of_interest="0")
    assert purpose(tmp_path, edge)["purposes"][0]["target_value"] == 1
    days = text(outcome_metric="C2", target="{value: 45, by: 2026-12-31}", baseline="{value: 60}")
    assert purpose(tmp_path, days)["purposes"][0]["target_value"] == 45


def test_a_purpose_may_start_on_the_day_its_baseline_ends(tmp_path: Path) -> None:
    assert purpose(tmp_path, text(start_date="2026-03-01"))["purposes"]


@pytest.mark.parametrize(("more", "accepted"), [(2, True), (3, False)])
def test_at_most_three_primary_outcomes(tmp_path: Path, more: int, accepted: bool) -> None:
    outcomes = [f"{{outcome_metric: {name}, primary: true}}" for name in ("C1", "C2", "C4")[:more]]
    content = text(secondary=f"[{', '.join([*outcomes, '{outcome_metric: C1a}'])}]")
    if accepted:
        found = purpose(tmp_path, content)["secondary"]
        assert [(row["outcome_metric"], row["is_primary"]) for row in found] == [
            ("C1", True),
            ("C2", True),
            ("C1a", False),
        ]
    else:
        assert "primary is true for 4 outcomes" in refused(tmp_path, content)


def test_unknown_fields_are_reported_with_what_may_be_meant(tmp_path: Path) -> None:
    found = purpose(tmp_path, text(target="{value: 0.29, bye: 2026-12-31}") + "min_effect: 0.03\n")
    assert {left.reason for left in found.ignored} == {
        "unknown field target.bye (did you mean by?)",
        "unknown field min_effect (did you mean min_effect_of_interest?)",
    }


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "is not a mapping"),
        ("- id: a\n", "is not a mapping"),
        ("id: a\nid: b\n", "is no valid YAML (line 1)"),
        ("id: a\n  title: b\n", "is no valid YAML (line 2)"),
        ("id: a\n---\nid: b\n", "several documents"),
        ("id: &x a\ntitle: *x\n", "anchors or aliases"),
        ("id: !!python/object/apply:os.system [date]\n", "uses tags"),
        ("id: " + "[" * 60_000, "nested more than"),
        ("id: a\n#" + "x" * 65_536, "larger than 64 KiB"),
        ("id: a\ntitle: \x07\n", "cannot be read"),
        ("title: Größe\n".encode("latin-1"), "is not UTF-8"),
    ],
)
def test_only_plain_values(tmp_path: Path, content: str | bytes, what: str) -> None:
    assert what in refused(tmp_path, content)


def test_an_alias_bomb_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    rungs = "".join(f"b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert "anchors or aliases" in refused(tmp_path, f"b0: &b0 [x, x]\n{rungs}id: a\n")
