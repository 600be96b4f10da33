"""Family C for creation cohorts and closing periods, from the CRM's rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from math import exp, log
from statistics import median
from typing import Any, NamedTuple

from tests.independent.facts import Facts

TAU = 180
Key = tuple[str, str, str, str, date]  # metric, purpose, unit, grain, first day


class Deal(NamedTuple):
    """One opportunity; a duration is in whole days, half a day when it closes on the day it was created."""

    outcome: str
    created: date
    closed: date | None
    days: float | None
    first_amount: float | None
    amount: float | None
    unit: str


def deals(facts: Facts) -> list[Deal]:
    rows = {row["opportunity_id"]: row for row in facts.table("salesforce", "opportunities") if not row["is_deleted"]}
    seen = max(
        moment.replace(tzinfo=None)
        for name, column in (("opportunities", "modified_at"), ("opportunity_history", "created_at"))
        for row in facts.table("salesforce", name)
        if (moment := row[column])
    )
    for name in ("accounts", "contacts", "users"):
        seen = max(seen, *(r["modified_at"].replace(tzinfo=None) for r in facts.table("salesforce", name)))
    history: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in facts.table("salesforce", "opportunity_history"):
        history[row["opportunity_id"]].append(row)
    meaning: dict[str, set[str]] = defaultdict(set)
    for row in rows.values():
        meaning[row["stage"]].add(_outcome(row))
    owners = {row["user_id"]: row["email"] for row in facts.table("salesforce", "users")}
    found = []
    for name, row in rows.items():
        steps = sorted(history[name], key=lambda step: (step["created_at"], step["history_id"]))
        outcome, created = _outcome(row), row["created_at"].replace(tzinfo=None)
        closed = _closed(row, steps, outcome, meaning)
        if closed is not None:
            closed = min(closed, seen.date())
        end = closed if outcome != "open" else seen.date()
        days = (end - created.date()).days if end else None
        person = owners.get(row["owner_id"])
        job = next((job for job in facts.jobs_of.get(person or "", ()) if job.covers(created.date())), None)
        amounts = [float(step["amount"]) for step in steps if step["amount"] is not None]
        now = float(row["amount"]) if row["amount"] is not None else None
        found.append(
            Deal(
                outcome=outcome,
                created=created.date(),
                closed=closed,
                days=None if days is None or days < 0 else max(days, 0.5),
                first_amount=amounts[0] if amounts else now,
                amount=now,
                unit=job.unit if job else "_unassigned",
            )
        )
    return found


def _outcome(row: dict[str, Any]) -> str:
    return "won" if row["is_closed"] and row["is_won"] else "lost" if row["is_closed"] else "open"


def _closed(
    row: dict[str, Any], steps: list[dict[str, Any]], outcome: str, meaning: dict[str, set[str]]
) -> date | None:
    """The step into the outcome that stands, if the history shows one; else the close date."""
    if outcome == "open":
        return None
    means = [
        outcome
        if step["stage"] == row["stage"]
        else next(iter(meaning[step["stage"]]))
        if len(meaning[step["stage"]]) == 1
        else "open"
        for step in steps
    ]
    first = len(means)
    while first and means[first - 1] == outcome:
        first -= 1
    if first < len(means):
        entered: datetime = steps[first]["created_at"].replace(tzinfo=None)
        if first or entered.date() == row["created_at"].date():
            return entered.date()
    return row["close_date"]


def _cells(facts: Facts, deal: Deal, day: date) -> Iterator[tuple[str, str, str, date]]:
    """purpose, unit, grain and first day of every cell that a deal falls into on this date."""
    quarter = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    scopes = [("_org", "_org"), ("_org", deal.unit)]
    scopes += [(name, name) for name, purpose in facts.purposes.items() if deal.unit in purpose["org_units"]]
    for purpose_id, unit in scopes:
        yield purpose_id, unit, "month", day.replace(day=1)
        yield purpose_id, unit, "quarter", quarter
        if purpose_id != "_org":
            purpose = facts.purposes[purpose_id]
            first, end = purpose["baseline_from_date"], purpose["baseline_until_date"]
            if first and end and first <= day < end:
                yield purpose_id, unit, "baseline", first
            if purpose["start_date"] and day >= purpose["start_date"]:
                yield purpose_id, unit, "since_start", purpose["start_date"]


def numbers(facts: Facts) -> dict[Key, tuple[float | None, int]]:
    """Every cell's value and n, before suppression."""
    created: dict[tuple[str, str, str, date], list[Deal]] = defaultdict(list)
    closed: dict[tuple[str, str, str, date], list[Deal]] = defaultdict(list)
    for deal in deals(facts):
        for cell in _cells(facts, deal, deal.created):
            created[cell].append(deal)
        if deal.outcome != "open" and deal.closed:
            for cell in _cells(facts, deal, deal.closed):
                closed[cell].append(deal)
    found: dict[Key, tuple[float | None, int]] = {}
    for cell, own in created.items():
        for metric_id, number in _cohort(own).items():
            found[(metric_id, *cell)] = number
    for cell, own in closed.items():
        for metric_id, number in _decided(own).items():
            found[(metric_id, *cell)] = number
    return found


def _cohort(own: list[Deal]) -> dict[str, tuple[float | None, int]]:
    timed = [deal for deal in own if deal.days is not None]
    found: dict[str, tuple[float | None, int]] = {"C7": (len(own), len(own))}
    priced = [deal.first_amount for deal in own if deal.first_amount is not None]
    found["C7_amount"] = (sum(priced), len(priced))
    still, won, area, before, middle = 1.0, 0.0, 0.0, 0.0, None
    reached = {90: 0.0, 180: 0.0, 365: 0.0}
    for moment in sorted({deal.days or 0.0 for deal in timed}):
        risk = sum((deal.days or 0) >= moment for deal in timed)
        here = [deal.outcome for deal in timed if deal.days == moment]
        if moment < TAU:
            area += still * (moment - before)
            before = moment
        won += still * here.count("won") / risk
        still *= 1 - (here.count("won") + here.count("lost")) / risk
        for horizon in reached:
            if moment <= horizon:
                reached[horizon] = won
        if middle is None and still <= 0.5 + 1e-12:
            middle = moment
    for horizon, share in reached.items():
        found[f"C1b_{horizon}"] = (share, len(timed))
    found["C2"] = (middle, len(timed))
    found["C2_rmst"] = (area + still_at(timed, before) * (TAU - before), len(timed))
    return found


def still_at(timed: list[Deal], t: float) -> float:
    """Share of deals still open after day t (Kaplan-Meier)."""
    share = 1.0
    for moment in sorted({deal.days for deal in timed if deal.days is not None and deal.days <= t}):
        risk = sum((deal.days or 0) >= moment for deal in timed)
        share *= 1 - sum(deal.days == moment and deal.outcome != "open" for deal in timed) / risk
    return share


def _decided(own: list[Deal]) -> dict[str, tuple[float | None, int]]:
    won = [deal for deal in own if deal.outcome == "won"]
    sizes = [deal.amount for deal in won if deal.amount and deal.amount > 0]
    found: dict[str, tuple[float | None, int]] = {"C1": (len(won) / len(own), len(own))}
    if sizes:
        found["C4"] = (median(sizes), len(sizes))
        found["C4_gmean"] = (exp(sum(map(log, sizes)) / len(sizes)), len(sizes))
        found["C4_sum"] = (sum(sizes), len(sizes))
    return found
