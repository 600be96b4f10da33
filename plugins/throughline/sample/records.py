"""The roster and the purpose files of the sample."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from throughline.sample.archive import write_text
from throughline.sample.organisation import NEVER, Organisation
from throughline.sample.planted import PLANTED, Calendar, Planted

HEADER = "E-mail,Org Unit,Manager E-mail,Level,Is Leader,Leader Band,Start Date,End Date,Time Zone,Is External"
LEVEL = {"executive": 2, "senior": 3, "middle": 4, "": 6}
WORDS = {
    "faster-handover": (
        "Sales and service hand over large accounts in the open",
        "Head of Customer Operations", "Account operations lead", "G3-retention", "scaled",
    ),
    "ask-the-floor": (
        "Sellers ask the shop floor before they promise",
        "Head of Sales", "Sales enablement lead", "G1-growth", "pilot",
    ),
    "quiet-pilot": (
        "Five teams share every offer early",
        "Regional sales director", "Team lead of the pilot", "G1-growth", "skunkworks",
    ),
}  # fmt: skip
DESIGNS = {
    "faster-handover": ("did", 0.10, 0.12),
    "ask-the-floor": ("landmark", 0.10, 0.08),
    "quiet-pilot": ("did", 0.10, 0.10),
}


def write_roster(directory: Path, org: Organisation) -> Path:
    """One row per person and assignment; a move or a new level is a new row; joiners after the end are not in it."""
    rows = [HEADER]
    today = org.calendar.weeks * 7
    for person in range(len(org)):
        hired, left = int(org.hired_day[person]), int(org.left_day[person])
        if hired >= today:
            continue
        change = int(min(org.moved_day[person], org.promoted_day[person]))
        known_left = left if left < today else NEVER
        spans = [(hired, known_left)]
        if change < min(known_left, today):
            spans = [(hired, change - 1), (change, known_left)]
        for begin, end in spans:
            rows.append(_row(org, person, begin, end))
    return write_text(directory / f"roster-{org.calendar.end_date}.csv", "\n".join(rows) + "\n", org.calendar.end_date)


def _row(org: Organisation, person: int, begin: int, end: int) -> str:
    unit = int(org.unit_on(begin)[person])
    boss = org.boss(person, unit)
    band = org.band[person]
    level = 1 if person == 0 else LEVEL[band] - (begin == org.promoted_day[person])
    until = "" if end == NEVER else org.day(end).isoformat()
    fields = (
        org.email(person),
        org.units[unit].name,
        "" if boss is None else org.email(boss),
        str(level),
        str(bool(band)).lower(),
        band,
        org.day(begin).isoformat(),
        until,
        org.units[unit].zone,
        str(not band and person % 61 == 5).lower(),
    )
    return ",".join(fields)


def write_purposes(directory: Path, calendar: Calendar) -> list[Path]:
    """One file a purpose, dated as if registered three weeks before its start."""
    written = []
    for planted in PLANTED.values():
        start = calendar.purpose_start_date(planted.purpose_id)
        text = purpose_text(planted, calendar, start)
        written.append(write_text(directory / f"{planted.purpose_id}.yml", text, start - timedelta(days=21)))
    return written


def purpose_text(planted: Planted, calendar: Calendar, start: date) -> str:
    title, sponsor, owner, goal, stage = WORDS[planted.purpose_id]
    method, least, gain = DESIGNS[planted.purpose_id]
    units, look = ", ".join(planted.treated_units), calendar.end_date - timedelta(days=1)
    return f"""\
id: {planted.purpose_id}
title: {title}
sponsor_role: {sponsor}
owner_role: {owner}
org_goal: {goal}
stage: {stage}
behaviour_metric: O5
outcome_metric: {planted.outcome_metric}
primary: true
population: {{unit: team, org_units: [{units}], exclude_roles: [], eligible_from: {calendar.crm_start_date}}}
spaces: ["slack:#{planted.channel}-*", "tag:#{planted.tag}"]
start_date: {start}
baseline: {{window: [{calendar.crm_start_date}, {start - timedelta(days=1)}], value: 0.26}}
target: {{value: {0.26 + gain:.2f}, by: {calendar.end_date + timedelta(days=185)}}}
min_effect_of_interest: {least}
design: {{method: {method}, unit: team, cluster: team, landmark_days: 14, anticipation: 0, looks: [{look}]}}
stop_rule: {{date: {calendar.end_date + timedelta(days=93)}, when: [harm, null_supported]}}
secondary: []
"""
