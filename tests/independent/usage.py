"""Who reads (A1), and the numbers that only usage reports show, from the rows of the reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from tests.independent.adoption import Number, Numbers, People
from tests.independent.facts import DAY, Facts

SPANS = {"slack.weekly_active": 8, "slack.monthly_active": 29, "google.active_7d": 7, "google.active_30d": 30}


def _days(facts: Facts) -> tuple[dict[str, set[date]], set[date], dict[str, str]]:
    """Slack's account -> its active days; the days of which there is a file; account -> person."""
    active: dict[str, set[date]] = defaultdict(set)
    rows = facts.table("slack_analytics", "activity")
    for row in rows:
        if row["last_active_date"] == row["window_from_date"]:
            active[row["account_id"]].add(row["window_from_date"])
    people = {row["account_id"]: row["email"] for row in rows}
    return active, {row["window_from_date"] for row in rows}, people


def _reports(facts: Facts) -> dict[str, list[dict[str, Any]]]:
    """Person -> the rows of Viva Engage's reports."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in facts.table("m365_reports", "activity"):
        if row["product"] == "viva_engage":
            found[row["email"]].append(row)
    return found


def _did(row: dict[str, Any]) -> bool:
    return any(row[name] for name in ("post_count", "read_count", "reaction_count"))


def reads(facts: Facts, windows: Iterable[tuple[date, date]]) -> Numbers:
    """A1 by unit for the windows of which every day has a file."""
    people, (active, files, person_of), reports = People(facts), _days(facts), _reports(facts)
    days_of: dict[str, set[date]] = defaultdict(set)
    for account, days in active.items():
        days_of[person_of[account]] |= days
    found: Numbers = {}
    for start, end in windows:
        if not all(start + n * DAY in files for n in range(28)):
            continue
        counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for person, job in facts.eligible(start, end).items():
            engaged = any(
                (row["last_active_date"] and start <= row["last_active_date"] < end)
                or (_did(row) and start <= row["window_from_date"] and row["window_until_date"] < end)
                for row in reports[person]
            )
            is_active = engaged or any(start <= day < end for day in days_of[person])
            is_active = is_active or bool(people.acts(person, start, end))
            for unit in ("_org", job.unit):
                counts[unit][0] += is_active
                counts[unit][1] += 1
        found |= {("A1", unit, start): (did / n, n) for unit, (did, n) in counts.items()}
    return found


def shown_by_vendors(facts: Facts, windows: list[tuple[date, date]]) -> dict[tuple[str, date], Number]:
    """metric and first day -> value and n."""
    (active, files, _), reports = _days(facts), _reports(facts)
    accounts: dict[date, set[str]] = defaultdict(set)
    for row in facts.table("slack_analytics", "activity"):
        accounts[row["window_from_date"]].add(row["account_id"])
    found: dict[tuple[str, date], Number] = {}
    for start, end in windows:
        for metric_id, span in SPANS.items():
            days = {end - timedelta(days=n + 1) for n in range(span)}
            if days <= files:
                known = set().union(*(accounts[day] for day in days))
                found[metric_id, start] = (sum(bool(one & days) for one in active.values()), len(known))
    posted = {
        (row["account_id"], row["window_from_date"])
        for row in facts.table("slack_analytics", "activity")
        if row["post_count"]
    }
    for day, known in accounts.items():
        found["slack.api_active", day] = (sum(day in one for one in active.values()), len(known))
        found["slack.api_posting", day] = (sum(account_day[1] == day for account_day in posted), len(known))
    for (_, unit, start), number in reads(facts, windows).items():
        if unit == "_org":
            found["tygraph.active", start] = number
    spans: dict[tuple[date, int], list[dict[str, Any]]] = defaultdict(list)
    for rows in reports.values():
        for row in rows:
            first = row["window_from_date"]
            spans[first, (row["window_until_date"] - first).days + 1].append(row)
    for (first, span), rows in spans.items():
        for name, column in (("read", "read_count"), ("posted", "post_count"), ("liked", "reaction_count")):
            found[f"graph.{name}_d{span}", first] = (sum(row[column] for row in rows), len(rows))
    return found
